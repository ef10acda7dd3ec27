#include "runtime/formats/mapped_file.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "octavo/error.hpp"

#include "kernels/kernels.hpp"
#include "runtime/concat.hpp"

namespace octavo::formats {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorCode::io, concat({path.string(), ": ", what}));
}

std::string reason() {
  return std::generic_category().message(errno);
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  // Non-blocking, so that a pipe in the place of the file is refused instead of waited for.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) fail(path, "cannot be opened: " + reason());
  struct stat status = {};
  if (::fstat(file.number(), &status) != 0) fail(path, "cannot be examined: " + reason());
  if (!S_ISREG(status.st_mode)) fail(path, "is not a regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile({}));
  // Kernels read a little past the end of a tensor: a page of zeros lies behind the file.
  void* const memory =
      ::mmap(nullptr, size + kernels::kReadSlack, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail(path, "cannot be mapped: " + reason());
  const std::shared_ptr<const MappedFile> mapped(
      new MappedFile({static_cast<const std::byte*>(memory), size}));
  if (::mmap(memory, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, file.number(), 0) == MAP_FAILED) {
    fail(path, "cannot be mapped: " + reason());
  }
  return mapped;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty())
    ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size() + kernels::kReadSlack);
}

}  // namespace octavo::formats
