"""Pictures and clips to work on: real photos that need no download, your own files, and made ones with known truth."""

from course_lib.data.clips import Clip, made_clip
from course_lib.data.photos import as_photo, load_photo, photos
from course_lib.data.scenes import Scenes, made_scenes

__all__ = ["Clip", "Scenes", "as_photo", "load_photo", "made_clip", "made_scenes", "photos"]
