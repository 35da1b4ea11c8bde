"""The helper package of the course *From Gray to Color*.

The ground floor is `color`, `metrics` and `data`; the rooms follow the course's parts, beginning with `images`;
`teach` holds what makes a notebook a lesson. Importing `course_lib` itself loads none of them.
"""

from course_lib import torchvision_guard

torchvision_guard.install()  # waits for torchvision's first import; costs nothing until then
