// A small network read from a plain file and run with nothing but loops. course_lib/quality/plain_network.py says the format.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace quality {

// Planes of float: (channels, height, width), one after the other.
struct Planes {
    int channels = 0, height = 0, width = 0;
    std::vector<float> values;
};

enum class Kind : std::int32_t { convolution, keep, add, mean, softmax };

struct Step {
    Kind kind;
    int in, out, kernel, stride, padding, groups;
    bool relu6;
    std::vector<float> weights, bias;
};

struct Score {
    double mean, spread;          // of the scores 1, 2, ...
    std::vector<double> classes;  // bad, normal, good
};

class Network {
public:
    // Throws std::runtime_error, which names the file, when it isn't whole or doesn't fit together.
    explicit Network(const std::string& path);

    int side() const { return side_; }
    std::size_t classes() const { return classes_; }

    // Shares of the scores, for 3 planes of side x side in [-1, 1], RGB.
    std::vector<double> shares(Planes x) const;

    Score score(const Planes& x) const;

private:
    int side_ = 0;
    std::size_t classes_ = 0, scores_ = 0;
    std::vector<Step> steps_;
    std::vector<float> class_weights_;  // (scores, classes)
};

// In place: exp, divided by the sum.
void softmax(std::vector<double>& x);

}  // namespace quality
