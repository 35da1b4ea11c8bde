// Mel scales, and the bank of triangles on them.
#pragma once

#include <cstddef>
#include <vector>

namespace cry {

enum class MelScale { slaney, htk };

double hz_to_mel(double hz, MelScale scale);
double mel_to_hz(double mel, MelScale scale);

// One triangle: its weights on the bins from `first` on. Elsewhere it is 0.
struct Triangle {
    std::size_t first = 0;
    std::vector<double> weights;
};

// Triangles over the bins k * sample_rate / n_fft, their corners evenly spaced in mels from fmin to fmax.
// With `area_norm` each is scaled to an area of 1 over hertz, Slaney's way; else each would peak at 1.
std::vector<Triangle> mel_bank(double sample_rate, std::size_t n_fft, std::size_t n_mels, double fmin, double fmax,
                               MelScale scale, bool area_norm);

}  // namespace cry
