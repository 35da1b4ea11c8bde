"""Pictures to work on: real photos that need no download, your own files, and made scenes whose truth is known."""

from course_lib.data.photos import as_photo, load_photo, photos
from course_lib.data.scenes import Scenes, made_scenes

__all__ = ["Scenes", "as_photo", "load_photo", "made_scenes", "photos"]
