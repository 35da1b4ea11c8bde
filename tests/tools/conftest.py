"""A small notebook that the lint has nothing against, to break in one way at a time."""

import pytest
from nbformat import v4


@pytest.fixture
def notebook():
    """Sixteen cells, executed, with a picture, a seed and two assertions."""
    opening = "# T\n\n**Field report.** x\n\nYou will be able to\n- a\n\nYou need 00. Reading 4 minutes, running 2 seconds."
    closing = (
        "## Recap\nx\n\n## Check your understanding\n" + "<details><summary>Q</summary>A</details>\n" * 3
    )
    picture = v4.new_output(
        "display_data",
        {"image/png": "AA==", "text/plain": "[picture]"},
        metadata={"image/png": {"alt": "Two lines."}},
    )
    said = v4.new_output("stream", name="stdout", text="0.25\n")
    code = [
        "import numpy as np",
        "SEED = 1",
        "rng = np.random.default_rng(SEED)",
        "assert 1 < 2",
        "assert rng",
        "x = 1",
    ]
    cells = [v4.new_markdown_cell(opening), *(v4.new_code_cell(source) for source in code)]
    cells += [v4.new_markdown_cell(f"Words {place}") for place in range(7)]
    cells += [v4.new_markdown_cell(closing), v4.new_markdown_cell("## Where next\nx")]
    for count, cell in enumerate((cell for cell in cells if cell.cell_type == "code"), 1):
        cell.execution_count = count
    cells[2].metadata["tags"] = ["parameters"]
    cells[5].outputs, cells[6].outputs = [said], [picture]
    return v4.new_notebook(cells=cells)
