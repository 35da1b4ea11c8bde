# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The class at a glance
#
# Made from `class_report.csv` and `totals.csv` of a grading. *Tries* counts the different answers that were handed in and
# graded; what students try at home stays with them. Answers that wait for a person have no points yet and are in no share.

# %%
import csv
from pathlib import Path

import numpy as np
from IPython.display import Markdown, display

from course_lib.teach import figure, show
from course_lib.teach.style import COLORS

# %% tags=["parameters"]
FOLDER = "exercises/graded"


# %%
def read(name):
    """Rows of a table as dicts, numbers as numbers, an empty cell as 0."""
    with Path(FOLDER, name).open(newline="", encoding="utf-8") as file:
        return [{key: number(value) for key, value in row.items()} for row in csv.DictReader(file)]


def number(text):
    try:
        return float(text or 0)
    except ValueError:
        return text


def shown(head, rows):
    """A table; what students and files are called can't be Markdown or HTML in it."""
    lines = [
        ["" if cell == 0 else f"{cell:g}" if isinstance(cell, float) else plain(cell) for cell in row]
        for row in rows
    ]
    display(
        Markdown("\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *lines]))
    )


def plain(text):
    return "".join(c if c.isalnum() or c in " .,:;'-−()=/" else f"&#{ord(c)};" for c in str(text))


def by_assignment(rows):
    """{assignment: its rows}, in their order."""
    return {
        name: [row for row in rows if row["assignment"] == name]
        for name in dict.fromkeys(r["assignment"] for r in rows)
    }


tasks = by_assignment(read("class_report.csv"))
shares = {
    name: np.array([row["points"] / (row["max"] - row["open"]) for row in rows if row["points"] > 0])
    for name, rows in by_assignment(read("totals.csv")).items()
}
shown(
    ["assignment", "handed in", "median share of the points", "answers that wait"],
    [
        (name, max(row["handed_in"] for row in its), round(float(np.median(shares[name])), 2) if shares[name].size else 0.0,
         sum(row["waiting"] for row in its))
        for name, its in tasks.items()
    ],
)  # fmt: skip

# %% [markdown]
# ## Assignment by assignment
#
# Of those who handed in at all, and earned anything. The dot is the median, the bar holds the middle half of the class.

# %%
names = [name for name in tasks if shares[name].size]
low, middle, high = (
    np.array([np.quantile(shares[name], [0.25, 0.5, 0.75]) for name in names]).reshape(-1, 3).T
)
fig, ax = figure(height=0.8 + 0.3 * len(names))
places = np.arange(len(names))
ax.hlines(places, low, high, color=COLORS["sky"], linewidth=7)
ax.plot(middle, places, "o", color=COLORS["black"])
ax.set(yticks=places, yticklabels=names, xlim=(-0.02, 1.02), xlabel="share of the points that are given")
ax.invert_yaxis()
medians = ", ".join(f"{name} {share:.2f}" for name, share in zip(names, middle, strict=True))
show(fig, caption="Points of the class in each assignment.", alt=f"Median share of the points: {medians}.")

# %% [markdown]
# ## Task by task

# %%
KINDS = {
    "right": COLORS["blue"],
    "partly": COLORS["sky"],
    "wrong": COLORS["vermilion"],
    "untouched": "#D0D0D0",
    "waiting": COLORS["black"],
}
for name, its in tasks.items():
    fig, ax = figure(height=1.0 + 0.32 * len(its))
    left = np.zeros(len(its))
    for (kind, color), hatch in zip(KINDS.items(), ("", "//", "xx", "", ".."), strict=True):
        count = np.array([row[kind] for row in its])
        ax.barh(
            [row["task"] for row in its],
            count,
            left=left,
            color=color,
            hatch=hatch,
            edgecolor="white",
            label=kind,
        )
        left += count
    ax.invert_yaxis()
    ax.set_xlabel("students")
    ax.legend(ncols=len(KINDS), loc="lower center", bbox_to_anchor=(0.5, 1.0))
    told = [
        f"{row['task']}: " + ", ".join(f"{row[kind]:g} {kind}" for kind in KINDS if row[kind]) for row in its
    ]
    show(fig, caption=f"{name}: what became of each task.", alt="; ".join(told))

# %% [markdown]
# ## What most got wrong
#
# The known mistake that most students made in each task, with the hint that they read. *Unrecognized* are wrong answers that
# are none of the known mistakes: when there are many, the exercise should learn a new one.

# %%
wrong = [row for its in tasks.values() for row in its if row["times"] or row["unrecognized"]]
wrong.sort(key=lambda row: (-row["times"], -row["unrecognized"]))
columns = ["assignment", "task", "handed_in", "tries", "mistake", "times", "unrecognized", "hint"]
shown(columns, [[row[column] for column in columns] for row in wrong])
