#include "fft.hpp"

#include <algorithm>
#include <cmath>

namespace cry {

namespace {

constexpr double PI = 3.14159265358979323846;

std::vector<std::complex<double>> roots_of_unity(std::size_t n) {
    std::vector<std::complex<double>> roots(n);
    for (std::size_t k = 0; k < n; ++k) roots[k] = std::polar(1.0, -2 * PI * double(k) / double(n));
    return roots;
}

// Factors of n, fours first; empty where one is above 5: then Bluestein's detour is taken.
std::vector<std::size_t> factors(std::size_t n) {
    std::vector<std::size_t> found;
    for (std::size_t radix : {4, 2, 3, 5})
        for (; n % radix == 0; n /= radix) found.push_back(radix);
    if (n > 1) found.clear();
    return found;
}

// The passes of Stockham's transform: length n = radix * m is left, s signals lie side by side. Loops over the s signals
// are innermost and free of branches, so that the compiler turns them into vector instructions.
void pass4(std::size_t m, std::size_t s, std::size_t step, const std::complex<double>* roots, const double* __restrict re,
           const double* __restrict im, double* __restrict to_re, double* __restrict to_im) {
    for (std::size_t p = 0; p < m; ++p) {
        const auto w1 = roots[p * step], w2 = roots[2 * p * step], w3 = roots[3 * p * step];
        const double c1 = w1.real(), s1 = w1.imag(), c2 = w2.real(), s2 = w2.imag(), c3 = w3.real(), s3 = w3.imag();
        const std::size_t a = s * p, b = a + s * m, c = b + s * m, d = c + s * m, y = 4 * s * p;
        for (std::size_t q = 0; q < s; ++q) {
            const double ac_re = re[a + q] + re[c + q], ac_im = im[a + q] + im[c + q];
            const double a_c_re = re[a + q] - re[c + q], a_c_im = im[a + q] - im[c + q];
            const double bd_re = re[b + q] + re[d + q], bd_im = im[b + q] + im[d + q];
            const double b_d_re = re[b + q] - re[d + q], b_d_im = im[b + q] - im[d + q];
            const double x1_re = a_c_re + b_d_im, x1_im = a_c_im - b_d_re;  // (a - c) - i (b - d)
            const double x2_re = ac_re - bd_re, x2_im = ac_im - bd_im;
            const double x3_re = a_c_re - b_d_im, x3_im = a_c_im + b_d_re;
            to_re[y + q] = ac_re + bd_re;
            to_im[y + q] = ac_im + bd_im;
            to_re[y + s + q] = x1_re * c1 - x1_im * s1;
            to_im[y + s + q] = x1_re * s1 + x1_im * c1;
            to_re[y + 2 * s + q] = x2_re * c2 - x2_im * s2;
            to_im[y + 2 * s + q] = x2_re * s2 + x2_im * c2;
            to_re[y + 3 * s + q] = x3_re * c3 - x3_im * s3;
            to_im[y + 3 * s + q] = x3_re * s3 + x3_im * c3;
        }
    }
}

void pass2(std::size_t m, std::size_t s, std::size_t step, const std::complex<double>* roots, const double* __restrict re,
           const double* __restrict im, double* __restrict to_re, double* __restrict to_im) {
    for (std::size_t p = 0; p < m; ++p) {
        const double c = roots[p * step].real(), d = roots[p * step].imag();
        const std::size_t a = s * p, b = a + s * m, y = 2 * s * p;
        for (std::size_t q = 0; q < s; ++q) {
            const double x_re = re[a + q] - re[b + q], x_im = im[a + q] - im[b + q];
            to_re[y + q] = re[a + q] + re[b + q];
            to_im[y + q] = im[a + q] + im[b + q];
            to_re[y + s + q] = x_re * c - x_im * d;
            to_im[y + s + q] = x_re * d + x_im * c;
        }
    }
}

// An odd radix R: the terms k and R - k have the same cosine and opposite sines.
template <std::size_t R>
void pass_odd(std::size_t m, std::size_t s, std::size_t step, const std::complex<double>* roots, const double* __restrict re,
              const double* __restrict im, double* __restrict to_re, double* __restrict to_im) {
    constexpr std::size_t H = R / 2;
    double cosines[H + 1][H + 1], sines[H + 1][H + 1];
    for (std::size_t j = 1; j <= H; ++j)
        for (std::size_t k = 1; k <= H; ++k) {
            const auto root = roots[(j * k % R) * (m * step)];
            cosines[j][k] = root.real();
            sines[j][k] = root.imag();
        }
    for (std::size_t p = 0; p < m; ++p) {
        for (std::size_t q = 0; q < s; ++q) {
            const std::size_t x = s * p + q, y = s * R * p + q;
            double sum_re[H + 1], sum_im[H + 1], gap_re[H + 1], gap_im[H + 1];
            double first_re = re[x], first_im = im[x];
            for (std::size_t k = 1; k <= H; ++k) {
                const std::size_t one = x + s * m * k, other = x + s * m * (R - k);
                sum_re[k] = re[one] + re[other];
                sum_im[k] = im[one] + im[other];
                gap_re[k] = re[one] - re[other];
                gap_im[k] = im[one] - im[other];
                first_re += sum_re[k];
                first_im += sum_im[k];
            }
            to_re[y] = first_re;
            to_im[y] = first_im;
            for (std::size_t j = 1; j <= H; ++j) {
                double even_re = re[x], even_im = im[x], odd_re = 0, odd_im = 0;
                for (std::size_t k = 1; k <= H; ++k) {
                    even_re += sum_re[k] * cosines[j][k];
                    even_im += sum_im[k] * cosines[j][k];
                    odd_re -= gap_im[k] * sines[j][k];
                    odd_im += gap_re[k] * sines[j][k];
                }
                const auto w = roots[p * j * step], v = roots[p * (R - j) * step];
                const double a_re = even_re + odd_re, a_im = even_im + odd_im;
                const double b_re = even_re - odd_re, b_im = even_im - odd_im;
                to_re[y + j * s] = a_re * w.real() - a_im * w.imag();
                to_im[y + j * s] = a_re * w.imag() + a_im * w.real();
                to_re[y + (R - j) * s] = b_re * v.real() - b_im * v.imag();
                to_im[y + (R - j) * s] = b_re * v.imag() + b_im * v.real();
            }
        }
    }
}

using Pass = void (*)(std::size_t, std::size_t, std::size_t, const std::complex<double>*, const double*, const double*,
                      double*, double*);

Pass pass_of(std::size_t radix) {
    switch (radix) {
        case 2: return pass2;
        case 3: return pass_odd<3>;
        case 4: return pass4;
        default: return pass_odd<5>;
    }
}

// Even samples become the real part, odd ones the imaginary part.
void split(std::size_t half, const double* __restrict samples, double* __restrict re, double* __restrict im) {
    for (std::size_t t = 0; t < half; ++t)
        for (std::size_t l = 0; l < LANES; ++l) {
            re[t * LANES + l] = samples[2 * t * LANES + l];
            im[t * LANES + l] = samples[(2 * t + 1) * LANES + l];
        }
}

// |X|^2 from the transform of `split`: with E and O those of the even and the odd samples, X[k] = E[k] + exp(-pi i k / half) O[k].
void join(std::size_t half, const std::complex<double>* roots, const double* __restrict re, const double* __restrict im,
          double* __restrict power) {
    for (std::size_t k = 0; k <= half; ++k) {
        const std::size_t here = k % half * LANES, there = (half - k) % half * LANES;
        const double c = k < half ? roots[k].real() : -1.0, s = k < half ? roots[k].imag() : 0.0;
        for (std::size_t l = 0; l < LANES; ++l) {
            const double e_re = re[here + l] + re[there + l], e_im = im[here + l] - im[there + l];  // twice E
            const double o_re = im[here + l] + im[there + l], o_im = re[there + l] - re[here + l];
            const double x_re = e_re + o_re * c - o_im * s, x_im = e_im + o_re * s + o_im * c;
            power[k * LANES + l] = (x_re * x_re + x_im * x_im) / 4;
        }
    }
}

}  // namespace

// L. Bluestein, 1970: with k t = (k^2 + t^2 - (k - t)^2) / 2 a transform of length n is a convolution with a chirp, and a
// convolution is three transforms of any longer length, such as a power of two.
struct Fft::Chirp {
    explicit Chirp(std::size_t n, std::size_t longer) : fft(longer), chirp(n), re(longer * LANES), im(longer * LANES) {
        for (std::size_t k = 0; k < n; ++k) {
            chirp[k] = std::polar(1.0, -PI * double(k * k % (2 * n)) / double(n));
            for (std::size_t place : {k, (longer - k) % longer})
                for (std::size_t l = 0; l < LANES; ++l) {
                    re[place * LANES + l] = chirp[k].real();
                    im[place * LANES + l] = -chirp[k].imag();
                }
        }
        fft.run(re, im);
    }
    Fft fft;
    std::vector<std::complex<double>> chirp;
    Reals re, im;  // transform of the conjugate chirp
    Reals work_re, work_im;
};

Fft::Fft(std::size_t n) : n_(n), radices_(factors(n)), roots_(roots_of_unity(n)) {
    if (n > 1 && radices_.empty()) {
        std::size_t longer = 1;
        while (longer < 2 * n - 1) longer *= 2;
        chirp_ = std::make_shared<Chirp>(n, longer);
    }
}

void Fft::run(Reals& re, Reals& im) {
    if (chirp_)
        bluestein(re, im);
    else
        stockham(re, im);
}

void Fft::stockham(Reals& re, Reals& im) {
    re_.resize(n_ * LANES);
    im_.resize(n_ * LANES);
    std::size_t m = n_, step = 1;
    for (std::size_t radix : radices_) {
        m /= radix;
        pass_of(radix)(m, step * LANES, step, roots_.data(), re.data(), im.data(), re_.data(), im_.data());
        std::swap(re, re_);
        std::swap(im, im_);
        step *= radix;
    }
}

void Fft::bluestein(Reals& re, Reals& im) {
    Reals &a = chirp_->work_re, &b = chirp_->work_im;
    const std::size_t longer = chirp_->fft.size();
    a.assign(longer * LANES, 0.0);
    b.assign(longer * LANES, 0.0);
    for (std::size_t i = 0; i < n_ * LANES; ++i) {
        const double c = chirp_->chirp[i / LANES].real(), s = chirp_->chirp[i / LANES].imag();
        a[i] = re[i] * c - im[i] * s;
        b[i] = re[i] * s + im[i] * c;
    }
    chirp_->fft.run(a, b);
    for (std::size_t i = 0; i < longer * LANES; ++i) {
        const double c = chirp_->re[i], s = chirp_->im[i], x = a[i];
        a[i] = x * c - b[i] * s;
        b[i] = x * s + b[i] * c;
    }
    chirp_->fft.run(b, a);  // parts exchanged: that is the inverse transform, times its length
    for (std::size_t i = 0; i < n_ * LANES; ++i) {
        const double c = chirp_->chirp[i / LANES].real(), s = chirp_->chirp[i / LANES].imag();
        re[i] = (a[i] * c - b[i] * s) / double(longer);
        im[i] = (a[i] * s + b[i] * c) / double(longer);
    }
}

PowerSpectrum::PowerSpectrum(std::size_t n) : n_(n), fft_(n % 2 ? n : n / 2), roots_(roots_of_unity(n)) {}

void PowerSpectrum::run(const Reals& samples, Reals& power) {
    power.resize(bins() * LANES);
    re_.resize(fft_.size() * LANES);
    im_.resize(fft_.size() * LANES);
    if (n_ % 2) {
        std::copy(samples.begin(), samples.end(), re_.begin());
        std::fill(im_.begin(), im_.end(), 0.0);
        fft_.run(re_, im_);
        for (std::size_t i = 0; i < power.size(); ++i) power[i] = re_[i] * re_[i] + im_[i] * im_[i];
        return;
    }
    split(fft_.size(), samples.data(), re_.data(), im_.data());
    fft_.run(re_, im_);
    join(fft_.size(), roots_.data(), re_.data(), im_.data(), power.data());
}

}  // namespace cry
