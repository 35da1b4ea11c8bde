"""A submitted notebook rebuilt from its text, so that nothing odd in it can reach nbgrader.

Only cells' types and texts are taken over, and which of them are the course's (by their ids). Points, locks and
the text of locked cells are the source's. Every difference is noted in words.
"""

import json

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.grade.judge import without_hidden

CELLS = {"code": new_code_cell, "markdown": new_markdown_cell}
CELL_LIMIT = 400


class BadNotebook(ValueError):
    """What was handed in can't be read as a notebook."""


def parse(text):
    """A notebook's JSON (str or bytes) as [("code" or "markdown", text, grade id or "")]. Raises `BadNotebook`."""
    try:
        cells = json.loads(text)["cells"]
        found = [_cell(cell) for cell in cells]
    except (ValueError, RecursionError):
        raise BadNotebook("it is not valid JSON: export it again from Jupyter") from None
    except (KeyError, TypeError, AttributeError):
        raise BadNotebook("it is JSON, but no notebook of format 4: open and save it in Jupyter") from None
    if len(found) > CELL_LIMIT:
        raise BadNotebook(f"it has {len(found)} cells, more than {CELL_LIMIT}")
    return found


def _cell(cell):
    source = cell["source"]
    source = source if isinstance(source, str) else "".join(source)
    source = source.encode("utf-8", "replace").decode()  # lone surrogates can't be written to a file
    about = cell.get("metadata")
    about = about.get("nbgrader") if isinstance(about, dict) else None
    grade_id = about.get("grade_id") if isinstance(about, dict) else None
    kind = "code" if cell["cell_type"] == "code" else "markdown"  # a raw cell would be raw HTML on a page
    return kind, source, grade_id if isinstance(grade_id, str) else ""


def mend(text, source):
    """Rebuild a notebook (its JSON) by the assignment's `Source`; (notebook, notes). Raises `BadNotebook`."""
    cells, notes, seen, own = [], [], set(), 0
    for kind, code, grade_id in parse(text):
        if grade_id in seen:
            notes.append(f"cell {grade_id} is there more than once: the first one counts")
            grade_id = ""
        if grade_id in source.cells:
            seen.add(grade_id)
            cells.append(
                _known(source.cells[grade_id], code, [] if grade_id == source.variant_cell else notes)
            )
        else:
            own += 1
            cells.append(CELLS[kind](code, id=f"own-{own}"))
    missing = [grade_id for grade_id in source.cells if grade_id not in seen]
    back = [grade_id for grade_id in missing if grade_id in source.locked]
    notes += [f"cell {grade_id} was deleted and is put back" for grade_id in back]
    notes += [f"cell {grade_id} was deleted" for grade_id in missing if grade_id not in back]
    cells = [
        _known(source.cells[grade_id], source.cells[grade_id].source, notes) for grade_id in back
    ] + cells
    return new_notebook(cells=cells, metadata={"kernelspec": source.notebook.metadata.kernelspec}), notes


def _known(original, code, notes):
    """A cell of the course's: the source's in all but, where it may be edited, its text."""
    about = original.metadata.nbgrader
    if not about.solution:
        if code.strip() not in (original.source.strip(), without_hidden(original.source).strip()):
            notes.append(f"cell {about.grade_id} was edited and is put back")
        code = original.source
    return CELLS[original.cell_type](code, id=original.id, metadata={"nbgrader": {**about}})
