#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace octavo::kernels {

/// Zero-filled memory on a 64-byte boundary. Large blocks are pages of their own, in huge ones
/// where the system has them: fewer faults while they are filled, and fewer misses of the address
/// cache while they are read. Throws std::bad_alloc.
[[nodiscard]] void* allocate_zeroed(std::size_t bytes);
/// Frees a block of allocate_zeroed with as many bytes.
void free_zeroed(void* memory, std::size_t bytes) noexcept;

/// Zero-filled memory on a 64-byte boundary, with 64 readable bytes behind its end.
template <class T>
class AlignedBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  static constexpr std::size_t kAlignment = 64;

  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size)
      : data_(static_cast<T*>(allocate_zeroed(size * sizeof(T) + kAlignment)),
              Free{size * sizeof(T) + kAlignment}),
        size_(size) {}

  [[nodiscard]] T* data() { return data_.get(); }
  [[nodiscard]] const T* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return size_ * sizeof(T); }
  T& operator[](std::size_t i) { return data_.get()[i]; }
  const T& operator[](std::size_t i) const { return data_.get()[i]; }

 private:
  struct Free {
    std::size_t bytes = 0;
    void operator()(T* p) const { free_zeroed(p, bytes); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace octavo::kernels
