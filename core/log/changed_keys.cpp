#include "core/log/changed_keys.h"

#include "core/base/assert.h"
#include "core/base/memory_wait.h"

#include <utility>

namespace core::log {
namespace {

thread_local bool t_isPublishing = false; // on this thread

} // namespace

/// Keeps the list alive, because tasks of an executor can still hold it when the store is gone.
class KeySubscribers::Handle final : public Subscription {
public:
    Handle(std::shared_ptr<KeySubscribers> owner, Notify notify) : m_owner{std::move(owner)}, m_notify{std::move(notify)}
    {
        WriteLock lock{m_owner->m_mutex};
        m_owner->m_handles.push_back(this);
    }
    ~Handle() override
    {
        WriteLock lock{m_owner->m_mutex}; // waits until running calls have returned
        std::erase(m_owner->m_handles, this);
    }
    void notify(const ChangedKeys& keys) const { m_notify(keys); }

private:
    const std::shared_ptr<KeySubscribers> m_owner;
    const Notify m_notify;
};

std::unique_ptr<Subscription> KeySubscribers::add(Notify notify)
{
    CORE_ASSERT(!t_isPublishing);
    return std::make_unique<Handle>(shared_from_this(), std::move(notify));
}

void KeySubscribers::publish(const EncodedOperations& operations) const
{
    CORE_ASSERT(!t_isPublishing); // a subscriber has committed
    const MemoryWait wait;        // a subscriber that gives up would leave an old copy behind
    const ChangedKeys keys{operations};
    ReadLock lock{m_mutex};
    t_isPublishing = true;
    for (const auto* handle : m_handles) handle->notify(keys);
    t_isPublishing = false;
}

} // namespace core::log
