"""Task `06.to_make`: the data, and the mistakes that people make."""

from course_lib.teach.tasks.task import Mistake, Task


def _to_make(plan, found):
    return [name for name, videos in plan.items() if found.get(name) != videos]


def _tests(numbers):
    return "".join(f"{number:x}" for number in numbers)


def _jobs(rng):
    """A killed job with each kind of leftover, a job just begun, one that is done, and drawn ones."""
    plan = {
        "c.h5": [("x/1.mp4", "aa"), ("x/2.mp4", "bb")],
        "a.h5": [("y/1.mp4", "cc")],
        "e.h5": [("y/2.mp4", "dd"), ("y/3.mp4", "ee")],
        "b.h5": [("z/1.mp4", "ff"), ("z/2.mp4", "01")],
        "d.h5": [("z/3.mp4", "02"), ("z/4.mp4", "03")],
        "f.h5": [("z/5.mp4", "04")],
        "g.h5": [("z/6.mp4", "06")],
        "h.h5": [("z/7.mp4", "08")],
        "i.h5": [("z/8.mp4", "09"), ("z/9.mp4", "0a")],
        "j.h5": [("z/10.mp4", "0b")],
    }
    killed = {
        "c.h5": plan["c.h5"],
        "a.h5.part": plan["a.h5"],  # a torso
        "e.h5": [("y/2.mp4", "dd"), ("y/3.mp4", "99")],  # a video was replaced since
        "b.h5": plan["b.h5"][::-1],  # the same videos, other frame numbers
        "d.h5": plan["d.h5"][:1],  # a video was added since
        "g.h5": [("z/6.mp4", "07")],  # the only video was replaced
        "h.h5": plan["h.h5"],  # whole, and beside it
        "h.h5.part": plan["h.h5"],  # the torso of an earlier try
        "i.h5": [("z/8.mp4", "09"), ("z/nine.mp4", "0a")],  # a video was renamed since
        "old.h5": plan["j.h5"],  # planned content, under the name of an earlier plan
        "older.h5": [("w/1.mp4", "05")],
    }
    cases = [(plan, killed), (plan, {}), (plan, plan), ({}, killed)]
    for _ in range(4):
        names = [f"{_tests(rng.integers(0, 16, 6))}-{i}.h5" for i in rng.permutation(8)]
        drawn = {
            n: [(f"{n}/{k}.mp4", _tests(rng.integers(0, 16, 8))) for k in range(rng.integers(2, 5))]
            for n in names
        }
        there = {n: list(drawn[n]) for n in names}
        one, two, three, four, five, six, seven = rng.choice(names, 7, replace=False)
        there[f"{one}.part"] = there.pop(one)
        there[two][0] = (there[two][0][0], "changed")
        there[three].reverse()
        del there[four]
        there[f"{five}.part"] = there[five]
        there["old.h5"] = there.pop(six)
        there[seven][1] = ("renamed.mp4", there[seven][1][1])
        cases.append((drawn, there))
    return cases


def _by_name(plan, found):
    return [name for name in plan if name not in found]


def _torso_counts(plan, found):
    return [n for n, videos in plan.items() if videos not in (found.get(n), found.get(f"{n}.part"))]


def _names_only(plan, found):
    told = {name: [video for video, _ in videos] for name, videos in found.items()}
    return [name for name, videos in plan.items() if told.get(name) != [video for video, _ in videos]]


def _hashes_only(plan, found):
    told = {name: [digest for _, digest in videos] for name, videos in found.items()}
    return [name for name, videos in plan.items() if told.get(name) != [digest for _, digest in videos]]


def _part_spoils(plan, found):
    return [n for n, videos in plan.items() if found.get(n) != videos or f"{n}.part" in found]


def _any_file(plan, found):
    return [name for name, videos in plan.items() if videos not in found.values()]


def _any_order(plan, found):
    return [n for n, videos in plan.items() if n not in found or sorted(found[n]) != sorted(videos)]


def _all_there(plan, found):
    return [n for n, videos in plan.items() if not set(videos) & set(found.get(n, []))]


TASK = Task(
    key="06.to_make",
    name="to_make",
    reference=_to_make,
    cases=_jobs,
    mistakes=(
        Mistake(
            "a file that exists is done",
            _by_name,
            "You take every shard that is there. One was made before its video was replaced: compare what it records, hashes "
            "included.",
        ),
        Mistake(
            "a torso is done",
            _torso_counts,
            "You take a `.part` for a shard. Whoever wrote it was killed: only a file under its right name is whole.",
        ),
        Mistake(
            "names, not hashes",
            _names_only,
            "You compare the videos' names. A video that was replaced kept its name; its hash tells.",
        ),
        Mistake(
            "hashes, not names",
            _hashes_only,
            "You compare the hashes alone. A video with the same hash under a new name is found by its name in the store, so "
            "its shard isn't the planned one.",
        ),
        Mistake(
            "a torso spoils the whole",
            _part_spoils,
            "You make a shard anew because an old `.part` lies beside it. The file under its right name is whole all the same.",
        ),
        Mistake(
            "under any name",
            _any_file,
            "You look for the content in any file. A shard is there only under its own name: the virtual dataset looks for it "
            "nowhere else.",
        ),
        Mistake(
            "in any order",
            _any_order,
            "You compare the videos in any order. Another order gives their frames other numbers, so such a shard isn't the "
            "planned one.",
        ),
        Mistake(
            "one video in common is enough",
            _all_there,
            "You keep a shard that shares a video with the plan. All its videos must be the planned ones.",
        ),
        Mistake(
            "the finished ones",
            lambda plan, found: [name for name, videos in plan.items() if found.get(name) == videos],
            "You list the shards that are done. The others were asked for.",
        ),
        Mistake(
            "everything again",
            lambda plan, found: list(plan),
            "You make everything anew. That is right, and it loses what the killed job had finished.",
        ),
        Mistake(
            "sorted",
            lambda plan, found: sorted(_to_make(plan, found)),
            "The right shards in the alphabet's order. The plan's order was asked for.",
        ),
        Mistake(
            "leftovers too",
            lambda plan, found: [*_to_make(plan, found), *(name for name in found if name not in plan)],
            "You also list files that no plan knows. They are to be swept, not made.",
        ),
    ),
)
