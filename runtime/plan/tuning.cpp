#include "octavo/tuning.hpp"

#include <charconv>
#include <span>
#include <string_view>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"
#include "runtime/formats/mapped_file.hpp"
#include "runtime/formats/output_file.hpp"
#include "runtime/plan/method.hpp"

/// The file: a line with the format's name and version, then a line for each choice: the kind of
/// layer, then method=nanoseconds of everything measured, the chosen method first, between tabs.
namespace octavo {
namespace {

constexpr std::string_view kHeader = "octavo-tuning 1";

/// The text before the next `separator`, which is taken off as well; everything where none is left.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

/// Reads "method=nanoseconds".
bool read_time(std::string_view text, MethodTime& time) {
  const std::string_view method = take(text, '=');
  const auto [stop, error] =
      std::from_chars(text.data(), text.data() + text.size(), time.nanoseconds);
  time.method = method;
  return is_method(method) && error == std::errc{} && stop == text.data() + text.size();
}

}  // namespace

Tuning Tuning::load(const std::filesystem::path& path) {
  const auto file = formats::MappedFile::open(path);
  std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  std::size_t number = 1;
  const auto require = [&](bool holds, std::string_view expected) {
    if (holds) return;
    throw Error(ErrorCode::malformed_file,
                concat({path.string(), ": line ", number, ": expected ", expected}));
  };
  require(take(text, '\n') == kHeader, kHeader);
  Tuning tuning;
  while (!text.empty()) {
    ++number;
    std::string_view line = take(text, '\n');
    const std::string_view kind = take(line, '\t');
    require(!kind.empty() && !line.empty(), "a kind of layer, a tab and method=nanoseconds");
    std::vector<MethodTime> measured;
    while (!line.empty()) {
      require(read_time(take(line, '\t'), measured.emplace_back()), "method=nanoseconds");
    }
    require(tuning.choices_.emplace(kind, std::move(measured)).second,
            "one line for each kind of layer");
  }
  return tuning;
}

void Tuning::save(const std::filesystem::path& path) const {
  std::string text(kHeader);
  text += '\n';
  for (const auto& [kind, measured] : choices_) {
    text += kind;
    for (const MethodTime& time : measured) {
      text += '\t' + time.method + '=' + std::to_string(time.nanoseconds);
    }
    text += '\n';
  }
  formats::write_file(path, {std::as_bytes(std::span(text))});
}

void Tuning::merge(const Tuning& other) {
  for (const auto& [kind, measured] : other.choices_) choices_.insert_or_assign(kind, measured);
}

}  // namespace octavo
