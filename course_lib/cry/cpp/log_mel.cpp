#include "log_mel.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace cry {

namespace {

constexpr double PI = 3.14159265358979323846;
constexpr std::size_t BLOCK = 16384;   // samples buffered at once, however many are pushed
constexpr double LARGEST = 2147483648.0;  // full scale of 32-bit samples; what is beyond is no sound

void require(bool condition, const std::string& message) {
    if (!condition) throw std::invalid_argument(message);
}

const Settings& checked(const Settings& s) {
    require(std::isfinite(s.sample_rate) && s.sample_rate > 0, "sample_rate must be above 0");
    require(s.n_fft >= 2 && s.n_fft <= (1u << 24), "n_fft must be from 2 to 16777216");
    require(s.hop_length >= 1 && s.hop_length <= (1u << 24), "hop_length must be from 1 to 16777216");
    require(s.n_mels >= 1 && s.n_mels <= (1u << 16), "n_mels must be from 1 to 65536");
    require(s.fmin >= 0 && s.fmin < s.fmax && s.fmax <= s.sample_rate / 2, "0 <= fmin < fmax <= sample_rate / 2 must hold");
    require(std::isfinite(s.floor) && s.floor > 0, "floor must be above 0");
    return s;
}

}  // namespace

LogMelStream::LogMelStream(const Settings& settings)
    : settings_(checked(settings)),
      pad_(settings.padding == Padding::none ? 0 : settings.n_fft / 2),
      spectrum_(settings.n_fft),
      bank_(mel_bank(settings.sample_rate, settings.n_fft, settings.n_mels, settings.fmin, settings.fmax, settings.scale,
                     settings.area_norm)),
      window_(settings.n_fft),
      lanes_(settings.n_fft * LANES),
      begun_(settings.padding != Padding::reflect) {
    for (std::size_t t = 0; t < window_.size(); ++t)  // Hann, periodic
        window_[t] = 0.5 - 0.5 * std::cos(2 * PI * double(t) / double(window_.size()));
    if (begun_) buffer_.assign(pad_, 0.0);
}

void LogMelStream::push(const double* samples, std::size_t count) {
    require(!ended_, "the stream has ended: after flush no samples can be pushed");
    require(std::all_of(samples, samples + count, [](double x) { return std::abs(x) <= LARGEST; }),
            "samples must be finite and within 32-bit full scale");
    for (std::size_t done = 0; done < count; done += BLOCK) append(samples + done, std::min(BLOCK, count - done));
}

void LogMelStream::append(const double* samples, std::size_t count) {
    buffer_.insert(buffer_.end(), samples, samples + count);
    count_ += count;
    if (!begun_ && buffer_.size() > pad_) {  // mirror at the first sample, which isn't repeated
        const Reals mirrored(buffer_.rend() - std::ptrdiff_t(pad_) - 1, buffer_.rend() - 1);
        buffer_.insert(buffer_.begin(), mirrored.begin(), mirrored.end());
        begun_ = true;
    }
    if (begun_) emit();
}

void LogMelStream::flush() {
    require(!ended_, "the stream has ended: flush was called before");
    require(count_ > 0, "the wave is empty");
    if (settings_.padding == Padding::reflect)
        require(begun_, "the wave is too short to be reflected: it needs more than n_fft / 2 samples");
    else if (settings_.padding == Padding::none)
        require(count_ >= settings_.n_fft, "the wave is shorter than a frame, and nothing is padded");
    ended_ = true;
    const std::size_t last = buffer_.size() - 1;
    for (std::size_t i = 1; i <= pad_; ++i)
        buffer_.push_back(settings_.padding == Padding::reflect ? buffer_[last - i] : 0.0);
    emit();
}

void LogMelStream::emit() {
    while (buffer_.size() >= next_ + settings_.n_fft)
        frames(std::min(LANES, (buffer_.size() - next_ - settings_.n_fft) / settings_.hop_length + 1));
    const std::size_t kept = std::min(buffer_.size(), pad_ + 1);  // flush may have to mirror them
    const std::size_t gone = std::min(next_, buffer_.size() - kept);
    buffer_.erase(buffer_.begin(), buffer_.begin() + std::ptrdiff_t(gone));
    next_ -= gone;
}

// `count` frames, at most LANES; lanes that are left over repeat the first.
void LogMelStream::frames(std::size_t count) {
    const double* from[LANES];
    for (std::size_t l = 0; l < LANES; ++l) from[l] = &buffer_[next_ + (l < count ? l : 0) * settings_.hop_length];
    for (std::size_t t = 0; t < settings_.n_fft; ++t)
        for (std::size_t l = 0; l < LANES; ++l) lanes_[t * LANES + l] = from[l][t] * window_[t];
    next_ += count * settings_.hop_length;
    spectrum_.run(lanes_, power_);
    const std::size_t start = features_.size();
    features_.resize(start + count * bank_.size());
    for (std::size_t m = 0; m < bank_.size(); ++m) {
        const double* power = &power_[bank_[m].first * LANES];
        double sums[LANES] = {};
        for (std::size_t i = 0; i < bank_[m].weights.size(); ++i)
            for (std::size_t l = 0; l < LANES; ++l) sums[l] += bank_[m].weights[i] * power[i * LANES + l];
        for (std::size_t l = 0; l < count; ++l) {
            double value = sums[l];
            if (settings_.log == Log::natural) value = std::log(std::max(value, settings_.floor));
            if (settings_.log == Log::decibel) value = 10 * std::log10(std::max(value, settings_.floor));
            features_[start + l * bank_.size() + m] = value;
        }
    }
}

}  // namespace cry
