#pragma once

#include "core/base/secret_bytes.h"

#include <boost/json/memory_resource.hpp>

#include <cstddef>
#include <new>

namespace core {

/// Memory for a JSON value that holds a secret. Every block is zeroed before it is freed, also a block that has become too small.
///
/// It must outlive the values and the parser that use it. As thread-safe as the heap.
class WipingMemory : public boost::json::memory_resource {
protected:
    /// Frees a block that was wiped. Virtual for tests.
    virtual void giveBack(void* block, std::size_t bytes, std::size_t alignment) { ::operator delete (block, bytes, std::align_val_t{alignment}); }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override { return ::operator new (bytes, std::align_val_t{alignment}); }
    void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override
    {
        wipe(block, bytes);
        giveBack(block, bytes, alignment);
    }
    bool do_is_equal(const boost::json::memory_resource& other) const noexcept override { return this == &other; }
};

} // namespace core
