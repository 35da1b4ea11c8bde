#include "network.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace quality {
namespace {

const char MAGIC[] = "CQNET001";
constexpr int MOST = 1 << 16;  // of any size in the file; more is a broken file, not a network

// Reads numbers and weights, and says which file is at fault.
class Reader {
public:
    explicit Reader(const std::string& path) : path_(path), file_(path, std::ios::binary) {
        if (!file_) fail("can't be opened");
    }

    [[noreturn]] void fail(const std::string& reason) const { throw std::runtime_error(path_ + ": " + reason); }

    void bytes(void* to, std::size_t count) {
        if (!file_.read(static_cast<char*>(to), std::streamsize(count))) fail("is cut short");
    }

    std::int32_t number(std::int32_t low, std::int32_t high) {
        unsigned char b[4];
        bytes(b, 4);
        const auto value = std::int32_t(b[0] | b[1] << 8 | b[2] << 16 | std::uint32_t(b[3]) << 24);
        if (value < low || value > high)
            fail("holds the size " + std::to_string(value) + ", not one from " + std::to_string(low) + " to " +
                 std::to_string(high));
        return value;
    }

    std::vector<float> floats(std::size_t count) {
        if (count > std::size_t(1) << 28) fail("holds a layer that is too large");
        std::vector<float> values(count);
        bytes(values.data(), 4 * count);  // IEEE floats of a little-endian machine, such as x86 and ARM
        for (float v : values)
            if (!std::isfinite(v)) fail("holds a weight that isn't finite");
        return values;
    }

    void end() {
        if (file_.peek() != std::ifstream::traits_type::eof()) fail("goes on after its end");
    }

private:
    std::string path_;
    std::ifstream file_;
};

Step read_step(Reader& reader) {
    Step step{};
    step.kind = Kind(reader.number(0, 4));
    if (step.kind != Kind::convolution) return step;
    step.in = reader.number(1, MOST);
    step.out = reader.number(1, MOST);
    step.kernel = reader.number(1, 64);
    step.stride = reader.number(1, 64);
    step.padding = reader.number(0, step.kernel - 1);
    step.groups = reader.number(1, std::min(step.in, step.out));
    step.relu6 = reader.number(0, 1) != 0;
    if (step.in % step.groups || step.out % step.groups) reader.fail("holds groups that don't divide the channels");
    step.weights = reader.floats(std::size_t(step.out) * (step.in / step.groups) * step.kernel * step.kernel);
    step.bias = reader.floats(std::size_t(step.out));
    return step;
}

int out_side(int side, const Step& s) { return (side + 2 * s.padding - s.kernel) / s.stride + 1; }

// y += w * x shifted by (dy, dx), for one pair of planes; places beyond the border count as 0.
void add_shifted(const float* x, int height, int width, float w, int dy, int dx, int stride, float* y, int rows,
                 int columns) {
    const int first = dx >= 0 ? 0 : (-dx + stride - 1) / stride;
    const int last = std::min(columns, width - dx <= 0 ? 0 : (width - dx - 1) / stride + 1);
    for (int row = 0; row < rows; ++row) {
        const int from = row * stride + dy;
        if (from < 0 || from >= height) continue;
        const float* source = x + std::size_t(from) * width + dx;
        float* target = y + std::size_t(row) * columns;
        if (stride == 1)
            for (int c = first; c < last; ++c) target[c] += w * source[c];
        else
            for (int c = first; c < last; ++c) target[c] += w * source[c * stride];
    }
}

Planes convolution(const Planes& x, const Step& s) {
    Planes y{s.out, out_side(x.height, s), out_side(x.width, s), {}};
    const std::size_t in_plane = std::size_t(x.height) * x.width, out_plane = std::size_t(y.height) * y.width;
    y.values.resize(s.out * out_plane);
    const int in = s.in / s.groups, out = s.out / s.groups;
    const float* w = s.weights.data();
    for (int o = 0; o < s.out; ++o) {
        float* target = y.values.data() + o * out_plane;
        std::fill(target, target + out_plane, s.bias[std::size_t(o)]);
        for (int i = 0; i < in; ++i) {
            const float* source = x.values.data() + (o / out * in + i) * in_plane;
            for (int ky = 0; ky < s.kernel; ++ky)
                for (int kx = 0; kx < s.kernel; ++kx)
                    add_shifted(source, x.height, x.width, *w++, ky - s.padding, kx - s.padding, s.stride, target,
                                y.height, y.width);
        }
        if (s.relu6)
            for (std::size_t k = 0; k < out_plane; ++k) target[k] = std::min(std::max(target[k], 0.0f), 6.0f);
    }
    return y;
}

Planes mean_over_places(const Planes& x) {
    Planes y{x.channels, 1, 1, std::vector<float>(std::size_t(x.channels))};
    const std::size_t plane = std::size_t(x.height) * x.width;
    for (int c = 0; c < x.channels; ++c) {
        double sum = 0;
        for (std::size_t k = 0; k < plane; ++k) sum += x.values[c * plane + k];
        y.values[std::size_t(c)] = float(sum / double(plane));
    }
    return y;
}

}  // namespace

Network::Network(const std::string& path) {
    Reader reader(path);
    char magic[8];
    reader.bytes(magic, 8);
    if (std::memcmp(magic, MAGIC, 8)) reader.fail("is no file of weights (it doesn't begin with " + std::string(MAGIC) + ")");
    side_ = reader.number(1, MOST);
    const int count = reader.number(2, MOST);
    int channels = 3, height = side_, kept = -1, kept_height = 0;
    for (int k = 0; k < count; ++k) {
        const Step step = read_step(reader);
        if (step.kind == Kind::convolution) {
            if (step.in != channels) reader.fail("holds a convolution that doesn't fit the one before it");
            if (height + 2 * step.padding < step.kernel) reader.fail("shrinks the picture to nothing");
            channels = step.out;
            height = out_side(height, step);
        } else if (step.kind == Kind::keep) {
            kept = channels;
            kept_height = height;
        } else if (step.kind == Kind::add && (kept != channels || kept_height != height)) {
            reader.fail("adds what doesn't fit");
        } else if (step.kind == Kind::mean) {
            height = 1;
        }
        steps_.push_back(step);
    }
    if (steps_.back().kind != Kind::softmax || height != 1) reader.fail("doesn't end in a distribution");
    classes_ = std::size_t(reader.number(1, 64));
    scores_ = std::size_t(reader.number(channels, channels));
    class_weights_ = reader.floats(classes_ * scores_);
    reader.end();
}

std::vector<double> Network::shares(Planes x) const {
    if (x.channels != 3 || x.height != side_ || x.width != side_)
        throw std::invalid_argument("x must be 3 planes of " + std::to_string(side_) + " x " + std::to_string(side_));
    Planes kept;
    for (const Step& step : steps_) {
        if (step.kind == Kind::convolution) x = convolution(x, step);
        else if (step.kind == Kind::keep) kept = x;
        else if (step.kind == Kind::mean) x = mean_over_places(x);
        else if (step.kind == Kind::add)
            for (std::size_t k = 0; k < x.values.size(); ++k) x.values[k] += kept.values[k];
        else {
            std::vector<double> p(x.values.begin(), x.values.end());
            softmax(p);
            x.values.assign(p.begin(), p.end());
        }
    }
    return {x.values.begin(), x.values.end()};
}

Score Network::score(const Planes& x) const {
    const std::vector<double> p = shares(x);
    Score score{0, 0, std::vector<double>(classes_)};
    for (std::size_t k = 0; k < scores_; ++k) {
        score.mean += double(k + 1) * p[k];
        for (std::size_t c = 0; c < classes_; ++c) score.classes[c] += p[k] * class_weights_[k * classes_ + c];
    }
    for (std::size_t k = 0; k < scores_; ++k)
        score.spread += p[k] * (double(k + 1) - score.mean) * (double(k + 1) - score.mean);
    score.spread = std::sqrt(score.spread);
    softmax(score.classes);
    return score;
}

void softmax(std::vector<double>& x) {
    const double top = *std::max_element(x.begin(), x.end());
    double sum = 0;
    for (double& v : x) sum += v = std::exp(v - top);
    for (double& v : x) v /= sum;
}

}  // namespace quality
