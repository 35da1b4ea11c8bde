#include "mel_bank.hpp"

#include <algorithm>
#include <cmath>

namespace cry {

namespace {

constexpr double LINEAR = 200.0 / 3.0;    // Slaney: hertz a mel below the break
constexpr double BREAK_HZ = 1000.0;
constexpr double BREAK_MEL = BREAK_HZ / LINEAR;
const double LOG_STEP = std::log(6.4) / 27.0;  // above it, 27 mels for a factor of 6.4

}  // namespace

double hz_to_mel(double hz, MelScale scale) {
    if (scale == MelScale::htk) return 2595.0 * std::log10(1.0 + hz / 700.0);
    return hz < BREAK_HZ ? hz / LINEAR : BREAK_MEL + std::log(hz / BREAK_HZ) / LOG_STEP;
}

double mel_to_hz(double mel, MelScale scale) {
    if (scale == MelScale::htk) return 700.0 * (std::pow(10.0, mel / 2595.0) - 1.0);
    return mel < BREAK_MEL ? mel * LINEAR : BREAK_HZ * std::exp(LOG_STEP * (mel - BREAK_MEL));
}

std::vector<Triangle> mel_bank(double sample_rate, std::size_t n_fft, std::size_t n_mels, double fmin, double fmax,
                               MelScale scale, bool area_norm) {
    const double low = hz_to_mel(fmin, scale), high = hz_to_mel(fmax, scale);
    std::vector<double> corners(n_mels + 2);
    for (std::size_t i = 0; i < corners.size(); ++i)
        corners[i] = mel_to_hz(low + (high - low) * double(i) / double(n_mels + 1), scale);
    std::vector<Triangle> bank(n_mels);
    for (std::size_t m = 0; m < n_mels; ++m) {
        const double left = corners[m], top = corners[m + 1], right = corners[m + 2];
        for (std::size_t k = 0; k <= n_fft / 2; ++k) {
            const double hz = double(k) * sample_rate / double(n_fft);
            const double weight = std::min((hz - left) / (top - left), (right - hz) / (right - top));
            if (weight <= 0) continue;
            if (bank[m].weights.empty()) bank[m].first = k;
            bank[m].weights.push_back(area_norm ? weight * 2.0 / (right - left) : weight);
        }
    }
    return bank;
}

}  // namespace cry
