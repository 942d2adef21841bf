#include "core/server/node/drill.h"

#include "core/base/logging.h"
#include "core/replication/set/role.h"
#include "core/server/node/node.h"
#include "core/server/process/password_pool.h"
#include "core/snapshot/content_survey.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <future>

namespace core::server {
namespace {

namespace json = boost::json;
using mount::Request;
using mount::Response;
using policy::Operation;
using replication::Role;
using replication::Type;

constexpr std::size_t kReadsPerMount = 20;
constexpr std::size_t kTokensLookedUp = 20;
constexpr std::chrono::seconds kAnswerTimeout{60};

/// Removes everything from a copy that would reach outside: its links and its audit devices.
Result<> cutOff(log::Store& store, const barrier::Barrier& barrier)
{
    auto transaction = store.begin();
    const barrier::Scope scope{transaction, barrier, {}};
    for (const Type type : {Type::Performance, Type::Dr}) {
        auto role = Role::load(scope, type);
        if (!role) return std::move(role).error();
        if (role->mode != replication::Mode::Secondary) continue;
        role->identity.reset();
        role->primaryAddresses.clear();
        role->failoverAddresses.clear();
        role->primaryClusterAddress.clear();
        if (auto stored = role->store(scope, type); !stored) return stored;
    }
    const std::string audit{mount::tableFolder(mount::TableKind::Audit)};
    for (const auto storageClass : {barrier::StorageClass::Shared, barrier::StorageClass::Local}) {
        if (auto erased = scope.view(storageClass, audit).eraseAll(); !erased) return erased;
    }
    auto committed = store.commitAndWait(std::move(transaction));
    if (!committed) return std::move(committed).error();
    return {};
}

NodeOptions isolated(const NodeOptions& own)
{
    NodeOptions options;
    options.config.clusterName = own.config.clusterName;
    options.config.storage.type = own.config.storage.type;
    options.config.leaseTtlDefault = own.config.leaseTtlDefault;
    options.config.leaseTtlMax = own.config.leaseTtlMax;
    options.apiAddress = own.apiAddress;
    options.clusterAddress = own.clusterAddress;
    options.uploadDirectory = own.uploadDirectory;
    options.isIsolated = true;
    return options;
}

/// The server of the copy. Requests come from inside the process.
class IsolatedNode {
public:
    IsolatedNode(log::Store& store, const Clock& clock, Random& random, NodeOptions options)
        : m_node{store, clock, random, {m_workers, m_workers, m_passwords}, std::move(options)}
    {}
    ~IsolatedNode()
    {
        m_node.stop();
        m_passwords.stop();
        m_workers.stop();
    }
    ServerNode& node() { return m_node; }

    Response ask(Operation operation, std::string path, std::string_view token = {}, json::object data = {})
    {
        Request request;
        request.id = "drill";
        request.operation = operation;
        request.path = std::move(path);
        request.data = std::move(data);
        request.clientToken = token;
        auto answer = std::make_shared<std::promise<Response>>();
        auto future = answer->get_future();
        m_node.handle(std::move(request), m_workers, [answer](Response response) { answer->set_value(std::move(response)); });
        if (future.wait_for(kAnswerTimeout) != std::future_status::ready) return Response::error(504, "no answer");
        return future.get();
    }

private:
    TaskThreads m_workers{"drill-worker", 2};
    PasswordPool m_passwords{{}};
    ServerNode m_node;
};

Result<> check(const Response& response)
{
    if (!response.isError) return {};
    return Error{ErrorCode::FailedPrecondition,
                 "status " + std::to_string(response.status) + (response.errors.empty() ? "" : ": " + response.errors.front())};
}

} // namespace

/// One drill from its beginning to its evidence.
class Drill::Rehearsal {
public:
    Rehearsal(Drill& drill, std::string id) : m_drill{drill}, m_services{drill.m_services}
    {
        m_evidence = {{"id", std::move(id)}, {"state", "running"}, {"started_at", toRfc3339(m_services.clock.now())}, {"steps", json::array{}}};
        publish();
    }

    json::object run()
    {
        const auto began = m_services.clock.steadyNow();
        const bool isDone = step("copy", [this] { return copy(); }) && step("compare roots", [this] { return compareRoots(); }) &&
                            step("open", [this] { return open(); }) && step("promote", [this] { return promote(); }) &&
                            step("first read", [this] { return firstRead(); }) && step("read", [this] { return read(); });
        step(
            "take down",
            [this]() -> Result<> {
                m_isolatedNode.reset();
                m_twin.reset();
                return {};
            },
            true);
        m_evidence["state"] = isDone ? "succeeded" : "failed";
        m_evidence["ended_at"] = toRfc3339(m_services.clock.now());
        m_evidence["duration_ms"] = since(began);
        return std::move(m_evidence);
    }

private:
    std::int64_t since(SteadyTime from) const
    {
        return std::chrono::duration_cast<std::chrono::milliseconds>(m_services.clock.steadyNow() - from).count();
    }
    void publish()
    {
        MutexLock lock{m_drill.m_mutex};
        m_drill.m_running = m_evidence;
    }

    bool step(const char* name, const std::function<Result<>()>& work, bool isAlways = false)
    {
        if (m_drill.m_isStopping && !isAlways) {
            m_evidence["failed_step"] = name;
            m_evidence["error"] = "Cancelled";
            return false;
        }
        m_evidence["step"] = name;
        publish();
        const auto began = m_services.clock.steadyNow();
        const auto done = work();
        m_evidence["steps"].as_array().push_back(json::object{{"name", name}, {"ok", done.has_value()}, {"duration_ms", since(began)}});
        m_evidence.erase("step");
        if (done) return true;
        // The detail can name stored data, and everybody can read the evidence. So it goes only to the log.
        m_evidence["failed_step"] = name;
        m_evidence["error"] = m_explanation.empty() ? std::string{toString(done.error().code)} : m_explanation;
        logging::error("drill", "a step of the drill failed", {{"step", name}, {"error", core::toString(done.error())}});
        return false;
    }

    Result<> copy()
    {
        auto twin = m_services.snapshots.twin();
        if (!twin) return std::move(twin).error();
        m_twin.emplace(std::move(*twin));
        m_evidence["index"] = m_twin->index.value();
        m_evidence["key_count"] = m_twin->keyCount;
        m_evidence["bytes"] = m_twin->bytes;
        const auto stored = m_twin->contents->store().reader().get(replication::Position::key(Type::Dr));
        if (!stored) return stored.error();
        const auto position = *stored ? replication::Position::decode(**stored) : Result<replication::Position>{replication::Position{}};
        if (!position) return position.error();
        m_evidence["remote_index"] = position->index.value();
        m_evidence["is_consistent"] = position->isConsistent();
        return {};
    }

    Result<> compareRoots()
    {
        auto& store = m_twin->contents->store();
        const auto root = store.forest().root(merkle::isReplicated);
        m_evidence["copy_root"] = root;
        m_evidence["live_root"] = m_twin->forestRoot;
        if (m_twin->forestRoot.empty() || m_twin->forestRoot == root) return cutOff(store, m_services.barrier);
        m_explanation = "the copy's root is not the cluster's at the same index";
        return Error{ErrorCode::Corrupt, m_explanation};
    }

    Result<> open()
    {
        auto keyring = m_services.barrier.keyring();
        if (!keyring) return std::move(keyring).error();
        m_isolatedNode = std::make_unique<IsolatedNode>(m_twin->contents->store(), m_services.clock, m_services.random, isolated(m_services.options));
        return m_isolatedNode->node().open(std::move(*keyring));
    }

    Result<> promote()
    {
        auto token = m_isolatedNode->node().makeToken(sys::RootGeneration::Kind::DrOperationToken);
        if (!token) return std::move(token).error();
        const auto answer = m_isolatedNode->ask(Operation::Update, "sys/replication/dr/secondary/promote", {}, {{"dr_operation_token", *token}});
        wipe(*token);
        auto done = check(answer);
        if (!done && answer.status == 503) m_explanation = "a promotion would be refused now: replication is still catching up";
        return done;
    }

    /// The time from which clients of the promoted cluster would be served.
    Result<> firstRead()
    {
        auto token = m_isolatedNode->node().makeToken(sys::RootGeneration::Kind::RootToken);
        if (!token) return std::move(token).error();
        m_token = SecretBytes::copyOf(std::string_view{*token});
        wipe(*token);
        m_isolatedNode->node().waitUntilSettled(); // the tables are loaded after the answer to the promotion
        return check(m_isolatedNode->ask(Operation::Read, "sys/mounts", m_token.view()));
    }

    Result<> read()
    {
        const auto found = snapshot::survey(m_twin->contents->store(), m_services.barrier, kReadsPerMount);
        if (!found) return found.error();
        std::uint64_t reads = 0, absent = 0, failed = 0;
        for (const auto& mount : found->mounts) {
            for (const auto& path : mount.sample) {
                const auto folder = mount.entry.path + (snapshot::isKvVersion2(mount.entry) ? "data/" : "");
                const auto answer = m_isolatedNode->ask(Operation::Read, folder + path, m_token.view());
                ++reads;
                if (answer.status == 404) ++absent; // its last version is deleted
                else if (answer.isError) ++failed;
            }
        }
        std::uint64_t lookups = 0, failedLookups = 0;
        const auto accessors = m_isolatedNode->ask(Operation::List, "auth/token/accessors/", m_token.view());
        const auto* keys = accessors.data ? accessors.data->if_contains("keys") : nullptr;
        if (accessors.isError || keys == nullptr || !keys->is_array()) ++failedLookups;
        else {
            for (const auto& accessor : keys->get_array()) {
                if (lookups == kTokensLookedUp) break;
                ++lookups;
                const auto answer = m_isolatedNode->ask(Operation::Update, "auth/token/lookup-accessor", m_token.view(), {{"accessor", accessor}});
                if (answer.isError) ++failedLookups;
            }
        }
        m_evidence["mount_count"] = found->mounts.size();
        m_evidence["reads"] = reads;
        m_evidence["reads_of_deleted"] = absent;
        m_evidence["reads_failed"] = failed;
        m_evidence["token_lookups"] = lookups;
        m_evidence["token_lookups_failed"] = failedLookups;
        if (failed + failedLookups == 0) return {};
        m_explanation = "some reads failed";
        return Error{ErrorCode::Corrupt, m_explanation};
    }

    Drill& m_drill;
    const Services& m_services;
    json::object m_evidence;
    std::string m_explanation;
    std::optional<snapshot::Snapshots::Twin> m_twin;
    std::unique_ptr<IsolatedNode> m_isolatedNode; // declared after the store that it serves
    SecretBytes m_token;
};

Drill::Drill(Services services) : m_services{services} {}

Result<std::string> Drill::start()
{
    auto id = m_services.random.uuid();
    {
        MutexLock lock{m_mutex};
        if (m_running) return Error{ErrorCode::FailedPrecondition, "a drill is running already"};
        m_running.emplace(json::object{{"id", id}, {"state", "running"}});
    }
    m_thread.post([this, id] { finish(Rehearsal{*this, id}.run()); });
    return id;
}

void Drill::finish(json::object evidence)
{
    const auto text = json::serialize(evidence);
    auto transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, {}};
    auto stored = scope.ignored(std::string{kFolder}).put(kName, text);
    if (stored) {
        auto committed = m_services.store.commitAndWait(std::move(transaction));
        if (!committed) stored = std::move(committed).error();
    }
    if (!stored) logging::warn("drill", "the evidence could not be stored", {{"error", core::toString(stored.error())}});
    logging::info("drill", "ended", {{"evidence", text}});
    MutexLock lock{m_mutex};
    m_running.reset();
}

Result<json::object> Drill::evidence() const
{
    {
        MutexLock lock{m_mutex};
        if (m_running) return *m_running;
    }
    auto transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, {}};
    auto stored = scope.ignored(std::string{kFolder}).get(kName);
    if (!stored) return std::move(stored).error();
    if (!*stored) return json::object{};
    json::error_code error;
    auto value = json::parse(**stored, error);
    if (error || !value.is_object()) return Error{ErrorCode::Corrupt, "the evidence of the last drill"};
    return std::move(value.as_object());
}

void Drill::stop()
{
    m_isStopping = true;
    m_thread.stop();
}

} // namespace core::server
