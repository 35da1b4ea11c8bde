"""What a keyframe in k saves and costs on real clips. Prints tables, and writes them as numbers for lesson 14.

    python -m benchmarks.keyframes [--model heavy] [--clips NAME …] [--out assets/facts/keyframes.json]

The clips are DAVIS sequences of the pack video_clips, 240 x 136. They have 40 to 60 frames, so each is played forth and
back until it has 150. Seconds are processor seconds of one thread, which other programs on the machine don't stretch; on an idle
machine they are the clock's. The heavy model's time T is measured as it is shipped and, beside it, for a single look.

Prices, each over the 150 frames and then over the clips, keyframes included:
- flicker: `course_lib.metrics.flicker` along the clip's own flow; that of the true colors stands beside;
- color error: distance in ab to the true color, and to the model's own frame-by-frame color; everywhere and where the picture
  moves. The pack has no masks of objects, so "moving" is where the flow is longer than a pixel a frame, camera and all;
- chroma: mean chroma over that of the model frame by frame.
Each is measured once with the model, and once with the true colors in the place of its answers: the price of carrying alone.
"""

import argparse
import itertools
import json
import platform
import time
from pathlib import Path

import cv2
import numpy as np
import torch

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data.packs import find_pack
from course_lib.images import colorize
from course_lib.metrics import flicker, mean_chroma, optical_flow, visible_pixels
from course_lib.mobile import KeyframeColorizer, is_scene_cut
from course_lib.video.clip_sets import DAVIS_SPLITS, read_video

SIZE = (240, 136)
FRAMES, EVERY = 150, (1, 5, 10, 15, 30, 60)
MENDS = {
    "plain": {},
    "detail": {"detail": True},
    "flow": {"flow": True},
    "flow and detail": {"flow": True, "detail": True},
}
CUT_PIECE = 25  # frames of each clip in the joined one
MOVING = 1.0  # pixels a frame


class Clip:
    """A real clip, forth and back, with its motion."""

    def __init__(self, name, count):
        path = find_pack("video_clips") / "davis_240" / f"{name}.mp4"
        frames = [lab_to_rgb(lab.astype(np.float32)) for lab in read_video(path, SIZE)]
        last = len(frames) - 1
        self.name, self.length = name, len(frames)
        self.places = [last - abs(last - place % (2 * last)) for place in range(count)]
        self.once = frames
        self.true = [frames[place] for place in self.places]
        gray = [lightness(frame) for frame in frames]
        ahead = [optical_flow(*pair) for pair in itertools.pairwise(gray)]
        back = [optical_flow(after, before) for before, after in itertools.pairwise(gray)]
        pairs = list(itertools.pairwise(self.places))
        forth = [(ahead[a], back[a]) if b > a else (back[b], ahead[b]) for a, b in pairs]
        self.flow = [flow for flow, _ in forth]
        self.visible = [visible_pixels(*both) for both in forth]
        moving = [np.linalg.norm(flow, axis=-1) > MOVING for flow in self.flow]
        self.moving = np.stack([*moving, moving[-1]])  # of the pair that begins with the frame
        self.ab = np.stack([rgb_to_lab(frame)[..., 1:] for frame in self.true])

    def frame_by_frame(self, model):
        """What the model answers for each frame, as if it were asked for all 150."""
        answers = [colorize(model, gray_of(frame)) for frame in self.once]
        return [answers[place] for place in self.places]


def lightness(frame):
    """L / 100 of a color frame."""
    return (rgb_to_lab(frame)[..., 0] / 100).clip(0, 1)


def gray_of(frame):
    """The gray frame that has the lightness of a color one."""
    return lab_to_rgb(rgb_to_lab(frame) * np.float32([1, 0, 0]))[..., 0]


def prices(frames, clip, own):
    """Flicker, color errors and chroma of colored frames, (T) of (H, W, 3); `own` is ab of the model frame by frame."""
    ab = np.stack([rgb_to_lab(frame)[..., 1:] for frame in frames])
    off_true, off_own = (np.linalg.norm(ab - other, axis=-1) for other in (clip.ab, own))
    return {
        "flicker": flicker(frames, flow=clip.flow, visible=clip.visible),
        "error": float(off_true.mean()),
        "error moving": float(off_true[clip.moving].mean()),
        "error to own": float(off_own.mean()),
        "error to own moving": float(off_own[clip.moving].mean()),
        "chroma": mean_chroma(ab) / mean_chroma(own),
    }


class LookedUp:
    """A colorizer whose answers, one a frame, are known before; it counts how often it is asked."""

    def __init__(self, answers):
        self.answers, self.place, self.asked = answers, 0, 0

    def __call__(self, frame):
        self.asked += 1
        return self.answers[self.place]

    def play(self, frames, every, **options):
        """The frames, colored."""
        played = KeyframeColorizer(self, every, **options)
        for self.place, frame in enumerate(frames):
            yield played(frame)


def mean_of(rows):
    """Numbers by name, averaged over dicts of numbers."""
    return {name: round(float(np.mean([row[name] for row in rows])), 5) for name in rows[0]}


def seconds(model, clip):
    """Processor seconds: T as shipped and of one look, f of fitting a keyframe's line, c of each way, and 150 frames outright."""
    gray = [gray_of(frame) for frame in clip.true]

    def median(function, arguments):
        times = []
        for argument in arguments:
            start = time.process_time()
            function(argument)
            times.append(time.process_time() - start)
        return float(np.median(times[1:]))  # the first one warms up

    T = median(lambda frame: colorize(model, frame), gray[:16])
    found = {"T": T}
    net = getattr(model, "net", None)
    if hasattr(net, "net"):  # each picture and its mirror image
        model.net = net.net
        found["T of one look"] = median(lambda frame: colorize(model, frame), gray[:16])
        model.net = net
    found["f"] = median(KeyframeColorizer(lambda frame: clip.true[0], 1), gray[:31])
    for name, options in {**MENDS, "cuts": {"cuts": True}}.items():
        played = KeyframeColorizer(lambda frame: clip.true[0], len(gray) + 1, **options)
        played(gray[0])
        found[f"c {name}"] = median(played, gray[1:60])
    start = time.process_time()
    for _ in KeyframeColorizer(lambda frame: colorize(model, frame), 30).stream(gray):
        pass
    found["150 frames, every 30"] = time.process_time() - start
    start = time.process_time()
    for frame in gray:
        colorize(model, frame)
    found["150 frames, every 1"] = time.process_time() - start
    return {name: round(value, 6) for name, value in found.items()}


def joined(clips, answers):
    """The mend for cuts on pieces of all clips in a row: keyframes asked for, cuts found, color error."""
    true = [frame for clip in clips for frame in clip.true[:CUT_PIECE]]
    own = [frame for one in answers for frame in one[:CUT_PIECE]]
    ab = [np.stack([rgb_to_lab(frame)[..., 1:] for frame in frames]) for frames in (true, own)]
    gray = [lightness(frame) for frame in true]
    found = [t for t in range(1, len(gray)) if is_scene_cut(gray[t - 1], gray[t])]
    at = [CUT_PIECE * i for i in range(1, len(clips))]
    result = {
        "frames": len(true),
        "cuts": len(at),
        "found": len(set(found) & set(at)),
        "false": len(set(found) - set(at)),
    }
    for name, options in (("without", {}), ("with", {"cuts": True})):
        colorizer = LookedUp(own)
        made = np.stack([rgb_to_lab(frame)[..., 1:] for frame in colorizer.play(true, 30, **options)])
        result[name] = {
            "keyframes": colorizer.asked,
            "error": round(float(np.linalg.norm(made - ab[0], axis=-1).mean()), 3),
            "error to own": round(float(np.linalg.norm(made - ab[1], axis=-1).mean()), 3),
        }
    return result


def print_prices(title, rows):
    """One table."""
    print(
        f"\n{title}\n{'':18} {'flicker':>9} {'error':>7} {'moving':>7} {'to own':>7} {'moving':>7} {'chroma':>7}"
    )
    for name, row in rows.items():
        print(
            f"{name:18} {row['flicker']:9.5f} {row['error']:7.2f} {row['error moving']:7.2f} {row['error to own']:7.2f} "
            f"{row['error to own moving']:7.2f} {row['chroma']:7.3f}"
        )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    held_out = (*DAVIS_SPLITS["test"], *DAVIS_SPLITS["validation"])
    parser.add_argument("--model", default="heavy", help="heavy, or a colorizer of Part 1 by name")
    parser.add_argument("--clips", nargs="+", default=held_out)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    if options.model == "heavy":
        from course_lib.mobile import pretrained
    else:
        from course_lib.images import pretrained
    model = pretrained(options.model)

    tables = {"model": {}, "truth": {}}
    rows, kept, lengths = {}, [], []
    for name in options.clips:
        clip = Clip(name, FRAMES)
        lengths.append(clip.length)
        own = clip.frame_by_frame(model)
        rows.setdefault("true colors", []).append(prices(clip.true, clip, clip.ab))
        for source, answers in (("model", own), ("truth", clip.true)):
            own_ab = np.stack([rgb_to_lab(frame)[..., 1:] for frame in answers])
            runs = [(f"every {k}", k, {}) for k in EVERY]
            runs += [(f"every 30, {way}", 30, MENDS[way]) for way in MENDS if way != "plain"]
            for label, every, way in runs:
                found = prices(list(LookedUp(answers).play(clip.true, every, **way)), clip, own_ab)
                tables[source].setdefault(label, []).append(found)
        kept.append((clip, own))
        print(f"{name} done", flush=True)
    time_of = seconds(model, kept[0][0])
    facts = {
        "command": f"python -m benchmarks.keyframes --model {options.model} --out assets/facts/keyframes.json",
        "model": options.model,
        "clips": list(options.clips),
        "size": list(SIZE),
        "frames": FRAMES,
        "frames before they are played forth and back": [min(lengths), max(lengths)],
        "machine": f"{platform.machine()}, one thread, {platform.system()}",
        "processor seconds": time_of,
        "speed-up": {
            str(k): round(k * time_of["T"] / (time_of["T"] + time_of["f"] + (k - 1) * time_of["c plain"]), 2)
            for k in EVERY
        },
        "true colors": mean_of(rows["true colors"]),
        "prices": {
            source: {label: mean_of(found) for label, found in table.items()}
            for source, table in tables.items()
        },
        "joined": joined([clip for clip, _ in kept], [own for _, own in kept]),
    }
    print(json.dumps({key: facts[key] for key in ("processor seconds", "speed-up", "joined")}, indent=1))
    for source, title in (
        ("model", f"with {options.model}"),
        ("truth", "with the true colors as its answers"),
    ):
        print_prices(title, {"true colors": facts["true colors"], **facts["prices"][source]})
    times = facts["speed-up"]
    print(
        f"in short: a keyframe in 30 is {times['30']:g} times as fast as {options.model} frame by frame, in 60 {times['60']:g}"
    )
    if options.out:
        scratch = options.out.with_suffix(".partial")
        scratch.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        scratch.replace(options.out)


if __name__ == "__main__":
    main()
