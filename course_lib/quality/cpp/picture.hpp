// Pictures, and what the network sees of them: preprocess_like_digikam in C++.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "network.hpp"

namespace quality {

struct Picture {
    int height = 0, width = 0;
    std::vector<std::uint8_t> rgb;  // (height, width, 3)
};

// A binary PPM file (P6, 8 bits): raw pixels behind a line of text. Throws std::runtime_error, which names the file.
Picture read_ppm(const std::string& path);

// Which of `source` pixels each of `target` pixels takes, as OpenCV's INTER_NEAREST_EXACT.
std::vector<int> nearest_exact(int source, int target);

// 3 planes of side x side, RGB, in [-1, 1].
Planes preprocess(const Picture& picture, int side);

}  // namespace quality
