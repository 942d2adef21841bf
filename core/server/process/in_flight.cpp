#include "core/server/process/in_flight.h"

#include <functional>

namespace core::server {
namespace {

/// The client's HTTP verb, as far as the operation shows it: create and update can be PUT or POST.
std::string_view methodOf(policy::Operation operation)
{
    switch (operation) {
    case policy::Operation::List: return "LIST";
    case policy::Operation::Create:
    case policy::Operation::Update: return "PUT";
    case policy::Operation::Delete: return "DELETE";
    case policy::Operation::Patch: return "PATCH";
    default: return "GET";
    }
}

} // namespace

class InFlight::Ticket {
public:
    Ticket(Shard& shard, Entry entry) : m_shard{shard}
    {
        std::list<Entry> one;
        one.push_back(std::move(entry));
        m_entry = one.begin();
        MutexLock lock{m_shard.mutex};
        m_shard.entries.splice(m_shard.entries.end(), one);
    }
    ~Ticket()
    {
        std::list<Entry> gone; // its memory is freed after the lock is released
        MutexLock lock{m_shard.mutex};
        gone.splice(gone.end(), m_shard.entries, m_entry);
    }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

private:
    Shard& m_shard;
    std::list<Entry>::iterator m_entry;
};

std::shared_ptr<const void> InFlight::began(const mount::Request& request, WallTime now)
{
    auto& shard = m_shards[std::hash<std::string>{}(request.id) % m_shards.size()];
    return std::make_shared<Ticket>(shard, Entry{.id = request.id,
                                                 .path = request.path,
                                                 .remote = request.remoteAddress + ":" + std::to_string(request.remotePort),
                                                 .operation = request.operation,
                                                 .startedAt = now});
}

boost::json::object InFlight::describe() const
{
    boost::json::object all;
    for (const auto& shard : m_shards) {
        MutexLock lock{shard.mutex};
        for (const auto& entry : shard.entries) {
            all[entry.id] = boost::json::object{{"start_time", toRfc3339(entry.startedAt)},
                                                {"client_remote_address", entry.remote},
                                                {"request_path", "/v1/" + entry.path},
                                                {"request_method", methodOf(entry.operation)},
                                                {"client_id", ""}};
        }
    }
    return all;
}

} // namespace core::server
