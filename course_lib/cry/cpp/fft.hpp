// The discrete Fourier transform, of several signals at once.
#pragma once

#include <complex>
#include <cstddef>
#include <memory>
#include <vector>

namespace cry {

using Reals = std::vector<double>;

// Signals transformed together, interleaved: x[t] of signal l is at [t * LANES + l]. So the innermost loops are short, of known
// length and without branches, and the compiler makes vector instructions of them. Every lane goes through the same operations
// in the same order: its result doesn't depend on its neighbors. Four, as more don't fit the processor's nearest cache.
constexpr std::size_t LANES = 4;

// X[k] = sum over t of x[t] exp(-2 pi i k t / n), for any n >= 1, in place.
class Fft {
public:
    explicit Fft(std::size_t n);
    void run(Reals& re, Reals& im);
    std::size_t size() const { return n_; }

private:
    struct Chirp;  // Bluestein's, for lengths with a prime factor above 5
    void stockham(Reals& re, Reals& im);
    void bluestein(Reals& re, Reals& im);

    std::size_t n_;
    std::vector<std::size_t> radices_;
    std::vector<std::complex<double>> roots_;  // exp(-2 pi i k / n)
    Reals re_, im_;                            // where a pass writes
    std::shared_ptr<Chirp> chirp_;
};

// |X[k]|^2 of real signals, k = 0 .. n / 2.
class PowerSpectrum {
public:
    explicit PowerSpectrum(std::size_t n);
    std::size_t bins() const { return n_ / 2 + 1; }

    void run(const Reals& samples, Reals& power);  // n -> bins(), LANES each

private:
    std::size_t n_;
    Fft fft_;  // an even n needs only half of it: even samples are the real part, odd ones the imaginary part
    std::vector<std::complex<double>> roots_;
    Reals re_, im_;
};

}  // namespace cry
