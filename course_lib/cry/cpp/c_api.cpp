// What Python's ctypes calls: no exception passes, a failure leaves its message in `error`.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <string>

#include "log_mel.hpp"

namespace {

constexpr std::size_t ERROR_SIZE = 256;

// `action` returns a whole number of 0 or above; -1 says that it threw.
template <class Action>
std::int64_t guarded(char* error, Action action) {
    try {
        return action();
    } catch (const std::exception& problem) {
        std::strncpy(error, problem.what(), ERROR_SIZE - 1);
        error[ERROR_SIZE - 1] = 0;
        return -1;
    }
}

}  // namespace

extern "C" {

struct CrySettings {
    double sample_rate, fmin, fmax, floor;
    std::int64_t n_fft, hop_length, n_mels;
    std::int32_t htk, area_norm, padding, log;
};

std::int64_t cry_new(const CrySettings* given, cry::LogMelStream** stream, char* error) {
    return guarded(error, [&] {
        cry::Settings settings;
        settings.sample_rate = given->sample_rate;
        settings.fmin = given->fmin;
        settings.fmax = given->fmax;
        settings.floor = given->floor;
        settings.n_fft = std::size_t(given->n_fft);
        settings.hop_length = std::size_t(given->hop_length);
        settings.n_mels = std::size_t(given->n_mels);
        settings.scale = given->htk ? cry::MelScale::htk : cry::MelScale::slaney;
        settings.area_norm = given->area_norm;
        settings.padding = cry::Padding(given->padding);
        settings.log = cry::Log(given->log);
        *stream = new cry::LogMelStream(settings);
        return 0;
    });
}

// Number of frames that lie ready.
std::int64_t cry_push(cry::LogMelStream* stream, const double* samples, std::int64_t count, char* error) {
    return guarded(error, [&] {
        stream->push(samples, std::size_t(count));
        return std::int64_t(stream->features().size() / stream->n_mels());
    });
}

std::int64_t cry_flush(cry::LogMelStream* stream, char* error) {
    return guarded(error, [&] {
        stream->flush();
        return std::int64_t(stream->features().size() / stream->n_mels());
    });
}

// Moves the frames that lie ready to `out`, frame after frame.
void cry_take(cry::LogMelStream* stream, double* out) {
    std::copy(stream->features().begin(), stream->features().end(), out);
    stream->features().clear();
}

void cry_delete(cry::LogMelStream* stream) { delete stream; }

}  // extern "C"
