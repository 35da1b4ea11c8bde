// WAV files, read block by block and mixed down to mono.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace cry {

class WavReader {
public:
    // Reads the header. Throws std::runtime_error that says what is wrong with the file.
    explicit WavReader(const std::string& path);

    double sample_rate() const { return sample_rate_; }

    // Next samples in [-1, 1], the mean of the channels; empty at the end. Throws where the file ends too early.
    const std::vector<double>& read(std::size_t most);

private:
    void read_format(std::uint64_t size);
    void fill(void* to, std::size_t bytes);

    std::ifstream file_;
    double sample_rate_ = 0;
    unsigned format_ = 0, channels_ = 0, bytes_ = 0;  // of a sample of one channel
    std::uint64_t left_ = 0;                          // samples still to read, a channel
    std::vector<unsigned char> raw_;
    std::vector<double> mono_;
};

}  // namespace cry
