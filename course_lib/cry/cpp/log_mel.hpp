// Log-mel features, of a whole wave or of a stream: it is the same class, so it is the same numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fft.hpp"
#include "mel_bank.hpp"

namespace cry {

enum class Padding { none, zeros, reflect };  // none: the first frame begins at the first sample
enum class Log { none, natural, decibel };

struct Settings {
    double sample_rate = 16000;
    std::size_t n_fft = 512, hop_length = 160, n_mels = 64;
    double fmin = 0, fmax = 8000, floor = 1e-10;
    MelScale scale = MelScale::slaney;
    bool area_norm = true;
    Padding padding = Padding::zeros;
    Log log = Log::natural;
};

class LogMelStream {
public:
    explicit LogMelStream(const Settings& settings);  // throws std::invalid_argument

    // Samples come in blocks of any size. What frames they complete is added to features().
    void push(const double* samples, std::size_t count);  // throws std::invalid_argument: not finite, or too large
    void flush();  // the end of the wave: pads it, and adds its last frames; throws std::invalid_argument: too short

    // Frame after frame, n_mels numbers each. Whoever has taken them clears them.
    std::vector<double>& features() { return features_; }
    std::size_t n_mels() const { return settings_.n_mels; }

private:
    void append(const double* samples, std::size_t count);
    void emit();
    void frames(std::size_t count);

    Settings settings_;
    std::size_t pad_;
    PowerSpectrum spectrum_;
    std::vector<Triangle> bank_;
    Reals window_, lanes_, power_;
    Reals buffer_;              // samples from the next frame's on, at least the last pad_ + 1
    std::size_t next_ = 0;      // where in buffer_ the next frame begins
    std::uint64_t count_ = 0;   // samples pushed so far
    bool begun_, ended_ = false;
    std::vector<double> features_;
};

}  // namespace cry
