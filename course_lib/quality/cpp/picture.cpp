#include "picture.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <stdexcept>

namespace quality {
namespace {

constexpr int LONGEST = 32767;  // beyond it OpenCV's fixed-point numbers overflow

[[noreturn]] void fail(const std::string& path, const std::string& reason) {
    throw std::runtime_error(path + ": " + reason);
}

// The next number of a PPM's head; spaces and lines that begin with # come before it.
int head_number(std::istream& file, const std::string& path, int most) {
    int c = file.get();
    while (std::isspace(c) || c == '#') {
        if (c == '#')
            while (c != '\n' && c != EOF) c = file.get();
        c = file.get();
    }
    long value = 0;
    if (!std::isdigit(c)) fail(path, "is no PPM file");
    for (; std::isdigit(c); c = file.get())
        if ((value = 10 * value + (c - '0')) > most)
            fail(path, "has a number above " + std::to_string(most) + " in its head");
    if (!std::isspace(c)) fail(path, "is no PPM file");
    return int(value);
}

}  // namespace

Picture read_ppm(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail(path, "can't be opened");
    char magic[2] = {0, 0};
    file.read(magic, 2);
    if (magic[0] != 'P' || magic[1] != '6') fail(path, "is no PPM file (P6), and this program reads no other");
    Picture picture;
    picture.width = head_number(file, path, LONGEST);
    picture.height = head_number(file, path, LONGEST);
    if (head_number(file, path, 65535) != 255) fail(path, "must have 8 bits a value");
    if (picture.width < 1 || picture.height < 1) fail(path, "is empty");
    const std::size_t wanted = std::size_t(picture.width) * std::size_t(picture.height) * 3;
    const std::istream::pos_type here = file.tellg();
    file.seekg(0, std::ios::end);
    if (std::size_t(file.tellg() - here) < wanted) fail(path, "is cut short");  // before memory is taken for it
    file.seekg(here);
    picture.rgb.resize(wanted);
    if (!file.read(reinterpret_cast<char*>(picture.rgb.data()), std::streamsize(wanted))) fail(path, "is cut short");
    return picture;
}

std::vector<int> nearest_exact(int source, int target) {
    const long long step = (65536LL * source + target / 2) / target;
    std::vector<int> places;
    for (int x = 0; x < target; ++x) {
        const long long place = (step * x + step / 2 - source % 2) / 65536;  // negative rounds to 0, as wanted
        places.push_back(int(std::min<long long>(place, source - 1)));
    }
    return places;
}

Planes preprocess(const Picture& picture, int side) {
    const std::vector<int> rows = nearest_exact(picture.height, side), columns = nearest_exact(picture.width, side);
    Planes planes{3, side, side, std::vector<float>(3 * std::size_t(side) * std::size_t(side))};
    float* value = planes.values.data();
    for (int channel = 0; channel < 3; ++channel)
        for (int row : rows)
            for (int column : columns) {
                const std::size_t place = (std::size_t(row) * std::size_t(picture.width) + std::size_t(column)) * 3;
                *value++ = (float(picture.rgb[place + std::size_t(channel)]) - 127.5f) / 127.5f;
            }
    return planes;
}

}  // namespace quality
