#pragma once

#include <functional>

namespace core {

/// Runs its work when it ends, also by an exception of a machine that has no memory or no thread left.
class AtEnd {
public:
    explicit AtEnd(std::function<void()> work) : m_work{std::move(work)} {}
    ~AtEnd() { m_work(); }
    AtEnd(const AtEnd&) = delete;
    AtEnd& operator=(const AtEnd&) = delete;

private:
    const std::function<void()> m_work;
};

} // namespace core
