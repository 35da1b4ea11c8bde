"""One submission, run and judged: outputs and verdicts into its cells.

It is run twice, in two processes. In the first, tests show only their visible parts; everything that a student gets
to read (outputs, messages of errors) comes from there. In the second, tests run whole, and nothing comes back but
right or wrong and the name of the mistake: so a function that keeps the data it is given can't print hidden tests.
"""

import re
import textwrap

from nbformat.v4 import new_output
from nbgrader import utils

from tools.grade.judge import Verdict, has_hidden, judge, reads
from tools.grade.sandbox import Sandbox, Stopped
from tools.grade.stand_ins import StandIns
from tools.grade.worker import DISPLAY_LIMIT, FORMATS

STOPPED = "Stopped"
OTHER_DATA = "other data"
OTHER_DATA_HINT = (
    "This is the answer for other data than yours. Your numbers hang on the VARIANT at the top of your notebook: run that cell "
    "and those below it, and work from what they give."
)
TEXT_LIMIT, PICTURE_LIMIT = 25_000, 2_000_000  # characters of an output that reach the feedback page


def run(notebook, source, keeper, timeout):
    """Run a mended notebook in place. Test cells get their verdict as outputs and in their metadata."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    for cell in cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == source.variant_cell is not None:
            cell.source = source.cells[
                source.variant_cell
            ].source  # the student's own, whatever the cell says
    with Sandbox(keeper, timeout) as sandbox:
        verdicts, stopped = _first(cells, source, sandbox)
    if any(verdict.share and has_hidden(_test(source, i)) for i, verdict in verdicts.items()):
        with Sandbox(keeper, timeout) as sandbox:
            verdicts |= _second(cells, source, sandbox, verdicts, stopped)
    for grade_id, alone in _alone(cells, source).items():
        if grade_id in verdicts and verdicts[grade_id].share < 1:
            # Another task's cells may have spoiled the process: what this task's cells are worth alone, counts too.
            with Sandbox(keeper, timeout) as sandbox:
                second = _judge_after(alone, grade_id, source, sandbox)
            verdicts[grade_id] = max(verdicts[grade_id], second, key=lambda verdict: verdict.share)
    for cell in cells:
        if _is_test(cell):
            _write(verdicts[cell.metadata.nbgrader.grade_id], cell, source)


def _first(cells, source, sandbox):
    """Run all, tests by their visible parts; ({test: Verdict}, the cells that were stopped). Outputs go into cells."""
    verdicts, stopped, why = {}, [], ""
    for cell in cells:
        if _is_test(cell):
            grade_id = cell.metadata.nbgrader.grade_id
            verdicts[grade_id], why = _judge(grade_id, source, sandbox, why, visible=True), ""
            continue
        try:
            cell.outputs = outputs(sandbox.run(cell.source))
        except Stopped as stop:
            stopped.append(cell)
            cell.outputs = [_error_output(STOPPED, str(stop))]
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if errors:
            why = f"in a cell above, {spell(errors[0])}"
    return verdicts, stopped


def _second(cells, source, sandbox, verdicts, stopped):
    """Run all again, with whole tests where the visible part was right; {test: Verdict}."""
    found = {}
    for cell in cells:
        if not _is_test(cell):
            _run_quietly(sandbox, [] if cell in stopped else [cell.source])
        elif verdicts[grade_id := cell.metadata.nbgrader.grade_id].share:
            found[grade_id] = _judge(grade_id, source, sandbox)
    return found


def _alone(cells, source):
    """{test: the given cells and those between the test before and this one}, where there are others before."""
    found, before, own = {}, [], []
    given = {source.cells[i].source for i in source.locked}
    for cell in cells:
        if _is_test(cell):
            mine = [code for code in before if code in given] + own
            if mine != before:
                found[cell.metadata.nbgrader.grade_id] = mine
            own = []
        else:
            before.append(cell.source)
            own += [cell.source] if cell.source not in given else []
    return found


def _judge_after(codes, grade_id, source, sandbox):
    _run_quietly(sandbox, codes)
    return _judge(grade_id, source, sandbox)


def _run_quietly(sandbox, codes):
    for code in codes:
        try:
            sandbox.run(code)
        except Stopped:
            continue


def _judge(grade_id, source, sandbox, why="", visible=False):
    stand_ins, test = StandIns(sandbox, source.names, why), _test(source, grade_id)
    how = stand_ins, source.graded[grade_id], visible
    verdict = judge(test, source.namespace, *how)
    if verdict.mistake == "values" and source.others and "VARIANT" in reads(test):
        for number in source.others:
            if judge(test, source.of(number).namespace, *how).share:
                return Verdict(0.0, "failed", OTHER_DATA, OTHER_DATA_HINT)
    return verdict


def _test(source, grade_id):
    return source.cells[grade_id].source


def _is_test(cell):
    return utils.is_grade(cell) and not utils.is_solution(cell)


def outputs(told):
    """What a student's process says a cell gave, as a notebook's outputs: checked and cut, for it may say anything."""
    found, printed, shown, error = [], told.get("printed"), told.get("shown"), told.get("error")
    if isinstance(printed, str) and printed:
        found.append(new_output("stream", name="stdout", text=printed[:TEXT_LIMIT]))
    for data in shown[:DISPLAY_LIMIT] if isinstance(shown, list) else []:
        data = data if isinstance(data, dict) else {}
        kept = {key: data[key] for key in FORMATS if isinstance(data.get(key), str)}
        limits = {key: PICTURE_LIMIT if key.startswith("image") else TEXT_LIMIT for key in kept}
        kept = {
            key: value for key, value in kept.items() if len(value) <= limits[key] and _harmless(key, value)
        }
        if kept:
            found.append(new_output("display_data", data=kept))
    if isinstance(error, dict):
        lines = error.get("lines") if isinstance(error.get("lines"), list) else []
        lines = [line for line in lines[:10] if isinstance(line, tuple) and len(line) == 2]
        where = [f"line {number!s:.8}: {code!s:.200}" for number, code in lines]
        found.append(_error_output(str(error.get("type"))[:80], str(error.get("said"))[:1000], where))
    return found


def spell(error):
    """An error output in a phrase."""
    return (
        error.evalue
        if error.ename == STOPPED
        else f"{error.ename} ({error.evalue})"
        if error.evalue
        else error.ename
    )


def _error_output(name, said, lines=()):
    return new_output(
        "error", ename=name, evalue=said, traceback=[*lines, f"{name}: {said}" if said else name]
    )


def _harmless(kind, value):
    """Whether a picture is base64, as a page takes it for granted."""
    return not kind.startswith("image") or re.fullmatch(r"[A-Za-z0-9+/=\s]*", value)


def _write(verdict: Verdict, cell, source):
    """The outputs from which nbgrader reads the points (an error for none, a number for a part), and the verdict."""
    points = source.graded[cell.metadata.nbgrader.grade_id]
    cell.outputs = []
    if verdict.printed:
        cell.outputs.append(new_output("stream", name="stdout", text=verdict.printed[:TEXT_LIMIT]))
    if verdict.status == "partly":
        part = {"text/plain": repr(verdict.share * points)}
        cell.outputs.append(new_output("execute_result", data=part, execution_count=1))
    elif verdict.status != "passed":
        lines = [part for line in verdict.hint.splitlines() for part in textwrap.wrap(line, 100) or [""]]
        cell.outputs.append(new_output("error", ename="CheckFailed", evalue=verdict.hint, traceback=lines))
    cell.metadata["course"] = {"status": verdict.status, "mistake": verdict.mistake, "hint": verdict.hint}
