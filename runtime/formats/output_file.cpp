#include "runtime/formats/output_file.hpp"

#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"

namespace octavo::formats {
namespace {

/// A file under construction: removed again unless it was published.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::filesystem::path target) : target_(std::move(target)) {
    static std::atomic<unsigned> count{0};
    path_ = target_;
    path_ += ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
    number_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (number_ < 0) fail("cannot be created");
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (number_ >= 0) ::close(number_);
    if (!published_) ::unlink(path_.c_str());
  }

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ::ssize_t written = ::write(number_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("cannot be written");
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  void publish() {
    if (::fsync(number_) != 0) fail("cannot be written");
    const int number = std::exchange(number_, -1);
    if (::close(number) != 0) fail("cannot be written");
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail("cannot be replaced");
    published_ = true;
  }

 private:
  [[noreturn]] void fail(const char* what) {
    throw Error(ErrorCode::io, concat({target_.string(), ": ", what, ": ",
                                       std::generic_category().message(errno)}));
  }

  std::filesystem::path target_;
  std::filesystem::path path_;
  int number_ = -1;
  bool published_ = false;
};

}  // namespace

void write_file(const std::filesystem::path& path,
                const std::vector<std::span<const std::byte>>& chunks) {
  TemporaryFile file(path);
  for (const auto chunk : chunks) file.write(chunk);
  file.publish();
}

}  // namespace octavo::formats
