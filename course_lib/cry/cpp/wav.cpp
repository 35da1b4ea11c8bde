#include "wav.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace cry {

namespace {

constexpr unsigned PCM = 1, FLOAT = 3, EXTENSIBLE = 0xFFFE;
constexpr std::uint32_t UNKNOWN = 0xFFFFFFFF;  // what a program writes into the size that doesn't know it yet

void require(bool condition, const std::string& message) {
    if (!condition) throw std::runtime_error(message);
}

std::uint64_t little(const unsigned char* bytes, unsigned count) {  // whatever the machine's own byte order
    std::uint64_t value = 0;
    for (unsigned i = 0; i < count; ++i) value |= std::uint64_t(bytes[i]) << (8 * i);
    return value;
}

double real(const unsigned char* bytes, unsigned count) {
    const std::uint64_t bits = little(bytes, count);
    if (count == 8) {
        double value;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }
    const auto low = std::uint32_t(bits);
    float value;
    std::memcpy(&value, &low, sizeof value);
    return value;
}

double whole(const unsigned char* bytes, unsigned count) {
    if (count == 1) return (double(bytes[0]) - 128) / 128;  // 8 bits are stored without a sign
    const std::int64_t value = std::int64_t(little(bytes, count)), half = std::int64_t(1) << (8 * count - 1);
    return double(value < half ? value : value - 2 * half) / double(half);
}

}  // namespace

WavReader::WavReader(const std::string& path) : file_(path, std::ios::binary) {
    require(file_.good(), "it can't be opened");
    file_.seekg(0, std::ios::end);
    const std::streamoff end = file_.tellg();
    require(end >= 0, "it isn't a file that can be read from its end");
    file_.seekg(0);
    unsigned char header[12];
    require(end >= 12, "it is too short for a WAV file");
    fill(header, sizeof header);
    require(std::memcmp(header, "RIFF", 4) == 0 && std::memcmp(header + 8, "WAVE", 4) == 0, "it isn't a WAV file");
    for (std::uint64_t place = 12;;) {
        require(place + 8 <= std::uint64_t(end), "it ends before its sound begins (no data chunk)");
        file_.seekg(std::streamoff(place));
        fill(header, 8);
        std::uint64_t size = little(header + 4, 4);
        place += 8;
        const std::uint64_t rest = std::uint64_t(end) - place;
        if (std::memcmp(header, "data", 4) == 0) {
            require(channels_ > 0, "its sound comes before its format (no fmt chunk)");
            if (size == UNKNOWN) size = rest / (channels_ * bytes_) * (channels_ * bytes_);
            require(size <= rest, "it is cut short: its header promises " + std::to_string(size) + " bytes of sound, it has " +
                                      std::to_string(rest));
            require(size % (channels_ * bytes_) == 0, "its sound isn't a whole number of samples");
            left_ = size / (channels_ * bytes_);
            return;
        }
        require(size <= rest, "its header is broken: a chunk is larger than the file");
        if (std::memcmp(header, "fmt ", 4) == 0) read_format(size);
        place += size + size % 2;
    }
}

void WavReader::read_format(std::uint64_t size) {
    unsigned char chunk[40] = {};
    require(size >= 16, "its header is broken: the format has " + std::to_string(size) + " bytes, not 16 or more");
    fill(chunk, std::size_t(std::min<std::uint64_t>(size, sizeof chunk)));
    format_ = unsigned(little(chunk, 2));
    if (format_ == EXTENSIBLE) {
        require(size >= 40, "its header is broken: an extended format of less than 40 bytes");
        format_ = unsigned(little(chunk + 24, 2));
    }
    channels_ = unsigned(little(chunk + 2, 2));
    sample_rate_ = double(little(chunk + 4, 4));
    const auto bits = unsigned(little(chunk + 14, 2));
    bytes_ = bits / 8;
    require(channels_ == 1 || channels_ == 2, "it has " + std::to_string(channels_) + " channels; 1 or 2 can be read");
    require(sample_rate_ > 0, "its sample rate is 0");
    const bool known = format_ == PCM ? bits == 8 || bits == 16 || bits == 24 || bits == 32
                                      : format_ == FLOAT && (bits == 32 || bits == 64);
    require(known, "its samples are of format " + std::to_string(format_) + " with " + std::to_string(bits) +
                       " bits; whole numbers (1) of 8, 16, 24 or 32 bits and floats (3) of 32 or 64 can be read");
    require(little(chunk + 12, 2) == channels_ * bytes_, "its header is broken: bytes a sample and bits don't fit");
}

const std::vector<double>& WavReader::read(std::size_t most) {
    const auto count = std::size_t(std::min<std::uint64_t>(most, left_));
    raw_.resize(count * channels_ * bytes_);
    if (count) fill(raw_.data(), raw_.size());
    mono_.assign(count, 0.0);
    for (std::size_t i = 0; i < count * channels_; ++i) {
        const unsigned char* sample = &raw_[i * bytes_];
        mono_[i / channels_] += (format_ == FLOAT ? real(sample, bytes_) : whole(sample, bytes_)) / channels_;
    }
    left_ -= count;
    return mono_;
}

void WavReader::fill(void* to, std::size_t bytes) {
    file_.read(static_cast<char*>(to), std::streamsize(bytes));
    require(std::size_t(file_.gcount()) == bytes, "it ends too early");
}

}  // namespace cry
