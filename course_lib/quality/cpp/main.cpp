// quality_score WEIGHTS PICTURE...: a line of class, mean, spread, bad, normal, good and file for each picture.
//
// Without OpenCV: WEIGHTS as course_lib/quality/plain_network.py writes them, pictures as PPM files.
// Built with OpenCV (see CMakeLists.txt), any picture that cv::imread reads. From OpenCV 4.9 on, WEIGHTS may be an ONNX file
// of ThreeClassNIMA, run by OpenCV's DNN module; it gives classes alone, so mean and spread are nan.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>

#include "network.hpp"
#include "picture.hpp"

#ifdef WITH_OPENCV
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#endif

namespace {

using Scorer = std::function<quality::Score(const quality::Picture&)>;

const char* const CLASSES[] = {"bad", "normal", "good"};

bool ends_in(const std::string& text, const std::string& end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

Scorer plain_scorer(const std::string& weights) {
    auto network = std::make_shared<quality::Network>(weights);
    if (network->classes() != 3) throw std::runtime_error(weights + ": must have 3 classes");
    return [network](const quality::Picture& picture) {
        return network->score(quality::preprocess(picture, network->side()));
    };
}

#ifdef WITH_OPENCV

quality::Picture read_picture(const std::string& path) {
    const cv::Mat bgr = cv::imread(path, cv::IMREAD_COLOR);
    if (bgr.empty()) throw std::runtime_error(path + ": not an image that can be read whole");
    cv::Mat rgb;
    cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
    return {rgb.rows, rgb.cols, std::vector<std::uint8_t>(rgb.datastart, rgb.dataend)};
}

// 4.6 and 4.7 can't read what torch exports today; 4.8.1 reads it, and answered with other numbers. 4.9 to 4.14 were right.
void check_version(const std::string& weights) {
    if (CV_VERSION_MAJOR * 100 + CV_VERSION_MINOR < 409)
        throw std::runtime_error(weights + ": an ONNX file needs OpenCV 4.9 or newer; this program has " CV_VERSION);
}

std::shared_ptr<cv::dnn::Net> read_onnx(const std::string& weights) {
    check_version(weights);
    try {
        return std::make_shared<cv::dnn::Net>(cv::dnn::readNetFromONNX(weights));
    } catch (const cv::Exception& error) {
        throw std::runtime_error(weights + ": OpenCV " CV_VERSION " can't read it (" + error.err + ")");
    }
}

Scorer onnx_scorer(const std::string& weights) {
    const auto network = read_onnx(weights);
    return [network](const quality::Picture& picture) {
        const int side = 224;
        quality::Planes x = quality::preprocess(picture, side);
        const int shape[] = {1, 3, side, side};
        network->setInput(cv::Mat(4, shape, CV_32F, x.values.data()));
        const cv::Mat answer = network->forward();
        if (answer.total() != 3) throw std::runtime_error("the ONNX file must have 3 outputs");
        const double unknown = std::numeric_limits<double>::quiet_NaN();
        const float* p = answer.ptr<float>();
        return quality::Score{unknown, unknown, {p[0], p[1], p[2]}};
    };
}

Scorer make_scorer(const std::string& weights) {
    return ends_in(weights, ".onnx") ? onnx_scorer(weights) : plain_scorer(weights);
}

#else

quality::Picture read_picture(const std::string& path) { return quality::read_ppm(path); }

Scorer make_scorer(const std::string& weights) {
    if (ends_in(weights, ".onnx")) throw std::runtime_error(weights + ": this program was built without OpenCV");
    return plain_scorer(weights);
}

#endif

}  // namespace

int main(int count, char** words) {
    if (count < 3) {
        std::fprintf(stderr, "usage: quality_score WEIGHTS PICTURE...\n");
        return 2;
    }
#ifdef WITH_OPENCV
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);  // what fails is named here
#endif
    int failed = 0;
    try {
        const Scorer scorer = make_scorer(words[1]);
        for (int i = 2; i < count; ++i) {
            try {
                const quality::Score s = scorer(read_picture(words[i]));
                const auto best = std::max_element(s.classes.begin(), s.classes.end()) - s.classes.begin();
                std::printf("%s\t%.6f\t%.6f\t%.6f\t%.6f\t%.6f\t%s\n", CLASSES[best], s.mean, s.spread, s.classes[0],
                            s.classes[1], s.classes[2], words[i]);
            } catch (const std::exception& error) {  // the others go on
                std::fprintf(stderr, "%s\n", error.what());
                failed = 1;
            }
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
    return failed;
}
