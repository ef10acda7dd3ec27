#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "octavo/parallel.hpp"

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace octavo::test {

/// Octavo's own pool. pthreadpool comes from the system and is not instrumented: ThreadSanitizer
/// does not see the atomics and futexes by which a call happens before its tasks, and these before
/// its return. This says so, and nothing more: races between tasks are still found.
class AnnotatedPool final : public Parallel {
 public:
  explicit AnnotatedPool(std::size_t threads) : pool_(make_thread_pool(threads)) {}

  void for_each(std::size_t count, Task task, void* context) override {
    Call call{task, context};
    release(&call.begun);
    pool_->for_each(count, run, &call);
    acquire(&call.done);
  }

 private:
  struct Call {
    Task task;
    void* context;
    char begun = 0, done = 0;  ///< only their addresses count
  };

  static void run(void* context, std::size_t index) noexcept {
    auto& call = *static_cast<Call*>(context);
    acquire(&call.begun);
    call.task(call.context, index);
    release(&call.done);
  }

#ifdef __SANITIZE_THREAD__
  static void acquire(void* at) {
    __tsan_acquire(at);
  }
  static void release(void* at) {
    __tsan_release(at);
  }
#else
  static void acquire(void*) {}
  static void release(void*) {}
#endif

  std::shared_ptr<Parallel> pool_;
};

}  // namespace octavo::test
