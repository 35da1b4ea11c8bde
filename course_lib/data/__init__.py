"""Pictures, clips and sounds to work on: real photos that need no download, your own files, and made ones with known truth."""

from course_lib.data.clips import Clip, made_clip
from course_lib.data.day_night import DayNight, day_and_night
from course_lib.data.photos import as_photo, load_photo, photos
from course_lib.data.rooms import THINGS, Room, made_room
from course_lib.data.scenes import Scenes, made_scenes
from course_lib.data.sounds import HOUSEHOLD, Sounds, load_sound, made_sounds

__all__ = [
    "HOUSEHOLD",
    "THINGS",
    "Clip",
    "DayNight",
    "Room",
    "Scenes",
    "Sounds",
    "as_photo",
    "day_and_night",
    "load_photo",
    "load_sound",
    "made_clip",
    "made_room",
    "made_scenes",
    "made_sounds",
    "photos",
]
