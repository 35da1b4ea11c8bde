"""Task `15.largest_weight`: the data, and the mistakes that people make."""

from course_lib.teach.tasks.task import Mistake, Task


def _largest_weight(bits, products):
    return min(127, (2 ** (bits - 1) - 1) // (255 * products))


def _with(room, one=lambda products: 255 * products, cap=127):
    def answer(bits, products):
        return min(cap, room(bits) // one(products))

    return answer


def _signed(bits):
    return 2 ** (bits - 1) - 1


def _processors(rng):
    named = [(16, 2), (16, 3), (32, 4), (32, 2), (16, 1), (16, 4), (15, 1), (16, 8), (24, 300), (20, 41)]
    return [*named, *((int(b), int(p)) for b, p in rng.integers([13, 1], [20, 12], (8, 2)))]


TASK = Task(
    key="15.largest_weight",
    name="largest_weight",
    reference=_largest_weight,
    cases=_processors,
    tolerance=1e-9,
    mistakes=(
        Mistake(
            "unsigned sum",
            _with(lambda bits: 2**bits - 1),
            "You give the sum all its bits for the size. It is signed: one bit is for the sign.",
        ),
        Mistake(
            "one product",
            _with(_signed, one=lambda products: 255),
            "You make room for a single product. The processor adds `products` of them before it widens the sum.",
        ),
        Mistake(
            "signed activations",
            _with(_signed, one=lambda products: 127 * products),
            "You take 127 for the largest activation. Activations are unsigned bytes here, up to 255.",
        ),
        Mistake(
            "256",
            _with(lambda bits: 2 ** (bits - 1), one=lambda products: 256 * products),
            "You count with 256 and 2^(bits − 1). The largest activation is 255, and the sum holds at most 2^(bits − 1) − 1.",
        ),
        Mistake(
            "no byte",
            _with(_signed, cap=10**12),
            "With a wide sum your weight is larger than a signed byte holds. It can't be above 127.",
        ),
        Mistake(
            "128",
            _with(_signed, cap=128),
            "You cap at 128. A signed byte goes from −128 to 127, so the largest size of both signs is 127.",
        ),
        Mistake(
            "not whole",
            lambda bits, products: min(127.0, _signed(bits) / (255 * products)),
            "Your weight has a fraction. Weights are whole numbers, and the next one up would not fit.",
        ),
        Mistake(
            "rounded",
            lambda bits, products: min(127, round(_signed(bits) / (255 * products))),
            "You round to the nearest. Rounded up, it no longer fits: round down.",
        ),
        Mistake(
            "in bits",
            lambda bits, products: _largest_weight(bits, products).bit_length() + 1,
            "This is how many bits the weight needs, with its sign. Asked for is its largest size.",
        ),
        Mistake(
            "products added to it",
            _with(_signed, one=lambda products: 255 + products),
            "You add the number of products to 255. Each of them can be 255 times the weight, so they multiply.",
        ),
    ),
)
