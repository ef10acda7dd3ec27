#include <memory>
#include <string>
#include <thread>

#include <pthreadpool.h>

#include "octavo/error.hpp"
#include "octavo/parallel.hpp"

#include "runtime/concat.hpp"

namespace octavo {
namespace {

struct DestroyPool {
  void operator()(pthreadpool_t pool) const { pthreadpool_destroy(pool); }
};

class ThreadPool final : public Parallel {
 public:
  explicit ThreadPool(std::size_t threads)
      : pool_(pthreadpool_create(threads)),
        threads_(threads),
        stays_awake_(threads <= std::thread::hardware_concurrency()) {
    if (pool_ == nullptr) {
      throw Error(ErrorCode::limit_exceeded,
                  concat({"a pool of ", threads, " threads could not be made"}));
    }
  }

  void for_each(std::size_t count, Task task, void* context) override {
    pthreadpool_parallelize_1d(pool_.get(), task, context, count,
                               stays_awake_ ? 0 : PTHREADPOOL_FLAG_YIELD_WORKERS);
  }

  /// By work of nothing, after which they sleep.
  void rest() noexcept override {
    if (!stays_awake_) return;
    pthreadpool_parallelize_1d(
        pool_.get(), [](void*, std::size_t) noexcept {}, nullptr, threads_,
        PTHREADPOOL_FLAG_YIELD_WORKERS);
  }

 private:
  std::unique_ptr<pthreadpool, DestroyPool> pool_;
  std::size_t threads_;
  bool stays_awake_;
};

constexpr std::size_t kMaxThreads = 1024;

}  // namespace

Parallel::~Parallel() = default;

void Parallel::rest() noexcept {}

std::shared_ptr<Parallel> make_thread_pool(std::size_t threads) {
  if (threads < 1 || threads > kMaxThreads) {
    throw Error(ErrorCode::invalid_argument,
                concat({"a pool has 1 to 1024 threads, not ", threads}));
  }
  return std::make_shared<ThreadPool>(threads);
}

}  // namespace octavo
