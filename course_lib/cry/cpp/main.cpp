// wav -> features: reads a WAV file block by block and writes its log-mel features.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "log_mel.hpp"
#include "wav.hpp"

namespace {

constexpr std::size_t BLOCK = 16384;  // samples

const char* const HELP = R"(log_mel IN.wav OUT.npy [options]      features as NumPy's array, (n_mels, frames) float32
log_mel IN.wav -       [options]      as text: a line a frame

WAV files of 8, 16, 24 or 32 bits or floats, mono, or stereo mixed down. Any length: memory doesn't grow.

  --sample-rate 16000    what the file must have; nothing is resampled
  --n-fft 512            samples a frame
  --hop-length 160       samples from frame to frame
  --n-mels 64
  --fmin 0 --fmax 8000   hertz; fmax is half the sample rate where it isn't given
  --mel-scale slaney     or htk
  --norm slaney          or none: triangles of height 1
  --padding constant     zeros at both ends; or reflect, or none
  --log natural          or decibel, or none
  --floor 1e-10          the least power
)";

double number(const std::string& option, const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end || !std::isfinite(value))
        throw std::invalid_argument(option + " must be a number; got '" + text + "'");
    return value;
}

std::size_t whole(const std::string& option, const std::string& text) {
    const double value = number(option, text);
    if (value < 0 || value > 1e9 || value != std::floor(value))
        throw std::invalid_argument(option + " must be a whole number from 0 to 1e9; got '" + text + "'");
    return std::size_t(value);
}

// Place of `text` among `words`.
int choice(const std::string& option, const std::string& text, const std::vector<std::string>& words) {
    std::string known;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (text == words[i]) return int(i);
        known += (i ? ", " : "") + words[i];
    }
    throw std::invalid_argument(option + " must be one of " + known + "; got '" + text + "'");
}

cry::Settings parsed(int count, char** words) {
    cry::Settings s;
    s.fmax = std::numeric_limits<double>::quiet_NaN();
    for (int i = 0; i < count; i += 2) {
        const std::string option = words[i];
        if (i + 1 == count) throw std::invalid_argument(option + " needs a value");
        const std::string text = words[i + 1];
        if (option == "--sample-rate") s.sample_rate = number(option, text);
        else if (option == "--n-fft") s.n_fft = whole(option, text);
        else if (option == "--hop-length") s.hop_length = whole(option, text);
        else if (option == "--n-mels") s.n_mels = whole(option, text);
        else if (option == "--fmin") s.fmin = number(option, text);
        else if (option == "--fmax") s.fmax = number(option, text);
        else if (option == "--floor") s.floor = number(option, text);
        else if (option == "--mel-scale") s.scale = cry::MelScale(choice(option, text, {"slaney", "htk"}));
        else if (option == "--norm") s.area_norm = choice(option, text, {"none", "slaney"});
        else if (option == "--padding") s.padding = cry::Padding(choice(option, text, {"none", "constant", "reflect"}));
        else if (option == "--log") s.log = cry::Log(choice(option, text, {"none", "natural", "decibel"}));
        else throw std::invalid_argument("unknown option " + option + "; --help lists what there is");
    }
    if (std::isnan(s.fmax)) s.fmax = s.sample_rate / 2;
    return s;
}

// Where features go, frame after frame.
class Output {
public:
    virtual ~Output() = default;
    virtual void write(const std::vector<double>& features) = 0;
    virtual void finish() = 0;
};

class Text : public Output {
public:
    explicit Text(std::size_t n_mels) : n_mels_(n_mels) {}
    void write(const std::vector<double>& features) override {
        for (std::size_t i = 0; i < features.size(); ++i)
            std::printf("%.6g%c", features[i], (i + 1) % n_mels_ ? ' ' : '\n');
    }
    void finish() override {
        if (std::fflush(stdout) || std::ferror(stdout)) throw std::runtime_error("the text can't be written");
    }

private:
    std::size_t n_mels_;
};

// NumPy's format, in Fortran's order: what is written frame by frame is an array (n_mels, frames). The number of frames goes
// into the header at the end, and the file gets its name then: a run that fails leaves none.
class Npy : public Output {
public:
    Npy(const std::string& path, std::size_t n_mels) : path_(path), scratch_(path + ".part"), n_mels_(n_mels) {
        file_.open(scratch_, std::ios::binary);
        if (!file_) throw std::runtime_error(scratch_ + " can't be written");
        header();
    }
    ~Npy() override {
        file_.close();
        if (!finished_) std::remove(scratch_.c_str());
    }
    void write(const std::vector<double>& features) override {
        for (double value : features) {
            const auto single = float(value);
            file_.write(reinterpret_cast<const char*>(&single), sizeof single);
        }
        frames_ += features.size() / n_mels_;
    }
    void finish() override {
        file_.seekp(0);
        header();
        file_.close();
        if (!file_) throw std::runtime_error(scratch_ + " can't be written");
        finished_ = std::rename(scratch_.c_str(), path_.c_str()) == 0;
        if (!finished_) throw std::runtime_error(path_ + " can't be written");
    }

private:
    void header() {
        const std::uint16_t one = 1;
        const char order = *reinterpret_cast<const char*>(&one) ? '<' : '>';
        std::string text = std::string("{'descr': '") + order + "f4', 'fortran_order': True, 'shape': (" +
                           std::to_string(n_mels_) + ", " + std::to_string(frames_) + "), }";
        text.resize(117, ' ');  // with the 10 bytes before it and the newline: 128
        file_ << std::string("\x93NUMPY\x01\x00\x76\x00", 10) << text << '\n';
    }

    std::string path_, scratch_;
    std::size_t n_mels_, frames_ = 0;
    std::ofstream file_;
    bool finished_ = false;
};

void run(const std::string& from, const std::string& to, const cry::Settings& settings) {
    cry::LogMelStream stream(settings);
    try {
        cry::WavReader wav(from);
        if (wav.sample_rate() != settings.sample_rate)
            throw std::runtime_error("it has " + std::to_string(long(wav.sample_rate())) + " samples a second, not " +
                                     std::to_string(long(settings.sample_rate)) + ": resample it, or say --sample-rate");
        std::unique_ptr<Output> output;
        if (to == "-")
            output = std::make_unique<Text>(settings.n_mels);
        else
            output = std::make_unique<Npy>(to, settings.n_mels);
        for (;;) {
            const std::vector<double>& samples = wav.read(BLOCK);
            if (samples.empty()) break;
            stream.push(samples.data(), samples.size());
            output->write(stream.features());
            stream.features().clear();
        }
        stream.flush();
        output->write(stream.features());
        output->finish();
    } catch (const std::exception& problem) {
        throw std::runtime_error(from + ": " + problem.what());
    }
}

}  // namespace

int main(int count, char** words) {
    if (count < 3 || std::string(words[1]) == "--help") {
        const bool asked = count > 1 && std::string(words[1]) == "--help";
        std::fputs(HELP, asked ? stdout : stderr);
        return asked ? 0 : 2;
    }
    try {
        run(words[1], words[2], parsed(count - 3, words + 3));
        return 0;
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "log_mel: %s\n", problem.what());
        return 1;
    }
}
