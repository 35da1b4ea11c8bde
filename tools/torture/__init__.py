"""Hard inputs for everything that reads one: damaged files, broken submissions, jobs killed half-way.

    python -m tools.torture [KIND …] [--rounds N] [--seed S]

A case is *handled* when what reads it gives a whole answer or refuses in words: a `ValueError`, `RuntimeError` or `OSError`
that names the file, and from a command an exit code and a message. It has *failed* with any other exception, a crash, a
hang, or a half-written file left where a whole one belongs.

A kind is a module of this package with ``CASES`` (in a round), ``LIMIT`` (seconds a case may take), ``prepare(folder)``, which
makes the sound files once, and ``case(sound, draw, folder)``, which does one case in an empty folder by what `draw` says.
`case` returns "worked" or "refused"; whatever it raises is a failure.
"""

KINDS = ("images", "videos", "sounds", "checkpoints", "submissions", "kills")
