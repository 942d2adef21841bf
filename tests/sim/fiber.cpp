#include "tests/sim/fiber.h"

#include "core/base/assert.h"

#include <vector>

namespace sim {

namespace {

constexpr std::size_t kStackBytes = 512u << 10;
Fiber* theCurrent = nullptr;
std::vector<std::unique_ptr<char[]>> theStacks; // used again, because a seed makes hundreds of fibers

std::unique_ptr<char[]> takeStack()
{
    if (theStacks.empty()) return std::unique_ptr<char[]>{new char[kStackBytes]};
    auto stack = std::move(theStacks.back());
    theStacks.pop_back();
    return stack;
}

} // namespace

Fiber::Fiber(core::Task body) : m_body{std::move(body)}, m_stack{takeStack()}
{
    CORE_ASSERT(getcontext(&m_own) == 0);
    m_own.uc_stack.ss_sp = m_stack.get();
    m_own.uc_stack.ss_size = kStackBytes;
    m_own.uc_link = nullptr;
    makecontext(&m_own, &Fiber::enter, 0);
}

Fiber::~Fiber()
{
    CORE_ASSERT(m_isDone);
    theStacks.push_back(std::move(m_stack));
}

Fiber* Fiber::current()
{
    return theCurrent;
}

void Fiber::enter()
{
    Fiber* self = theCurrent;
    self->m_body();
    self->m_body = {};
    self->m_isDone = true;
    yield();
}

void Fiber::resume()
{
    CORE_ASSERT(!m_isDone);
    m_outer = theCurrent;
    theCurrent = this;
    swapcontext(&m_caller, &m_own);
    theCurrent = m_outer;
}

void Fiber::yield()
{
    Fiber* self = theCurrent;
    CORE_ASSERT(self);
    swapcontext(&self->m_own, &self->m_caller);
}

} // namespace sim
