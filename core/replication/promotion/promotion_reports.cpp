#include "core/replication/promotion/promotion_reports.h"

#include "core/base/at_end.h"
#include "core/base/logging.h"
#include "core/base/origin.h"
#include "core/replication/seams/in_parallel.h"
#include "core/replication/wire/peer.pb.h"
#include "core/replication/wire/wire_values.h"

#include <algorithm>

namespace core::replication {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShowMax{1000};
constexpr milliseconds kStartMax{2000}; // with a confirmation that may follow, within 5 s
constexpr milliseconds kDelayMin{1000};
constexpr milliseconds kDelayMax{5'000}; // a member that was frozen or cut off must learn of it soon after it returns
constexpr unsigned kAnswersMax = 15;
constexpr milliseconds kRefusedDelay{30'000};
constexpr const char* kStarting = "this primary has just started and asks the other members whether it still is the primary";

std::string toldPath(Type type)
{
    return "core/replication/" + std::string{toString(type)} + "/told";
}

std::size_t indexOf(Type type)
{
    return type == Type::Dr ? 1 : 0;
}

std::string nameOf(const Member& member)
{
    const std::string address = member.endpoint.apiAddress.empty() ? member.endpoint.clusterAddress : member.endpoint.apiAddress;
    return member.isPrimary ? "the former primary at " + address : "\"" + member.id + "\" at " + address;
}

/// What happens with another cluster that answers as a primary, and what an operator does.
std::string nextStepFor(bool isRefused, bool mayStop, const std::string& type)
{
    const std::string demotion = "demote it there (sys/replication/" + type + "/primary/demote).";
    if (isRefused) return "This cluster shows it the refusal, and its operator decides: choose there, or " + demotion;
    if (mayStop) return "It is being shown the promotion, and stops by itself when it has accepted it. If it does not, demote it.";
    return "It does not stop by itself, because this cluster had no right to succeed it: " + demotion;
}

} // namespace

PromotionReports::PromotionReports(Services services) : m_services{std::move(services)}, m_worker{std::make_unique<Worker>()} {}

PromotionReports::~PromotionReports()
{
    stop();
}

void PromotionReports::stop()
{
    m_worker->stop();
}

Members PromotionReports::membersOf(Type type) const
{
    Members out;
    for (Member& member : m_transport ? m_transport->members() : Members{}) {
        if (member.type == type && !member.fingerprint.empty() && !member.endpoint.clusterAddress.empty()) out.push_back(std::move(member));
    }
    return out;
}

Members PromotionReports::refusedMembers(Type type) const
{
    const auto role = m_services.manager.roles().role(type);
    const auto log = m_services.manager.roles().trust(type);
    Members out;
    if (!m_transport || !log || role->refusedKeys.empty()) return out;
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
    for (const Type each : {Type::Performance, Type::Dr}) { // a DR copy took both roles, and was a member of the DR set alone
        for (Member& member : loadRefusedMembers(scope, each).value_or(Members{})) {
            const bool isRefused = std::ranges::find(role->refusedKeys, member.memberKey) != role->refusedKeys.end() &&
                                   log->judge().isRevoked(member.memberKey); // else it has a seat again
            if (!isRefused || std::ranges::find(out, member.fingerprint, &Member::fingerprint) != out.end()) continue;
            member.type = type;
            out.push_back(std::move(member));
        }
    }
    return out;
}

wire::PeerRequest PromotionReports::questionOf(const Order& order) const
{
    wire::PeerRequest request;
    auto& shown = *request.mutable_promotion();
    shown.set_type(toWire(order.type));
    shown.set_statement(order.statement);
    const auto log = m_services.manager.roles().trust(order.type);
    if (!log) return request;
    shown.set_trust_head(log->head().hash);
    if (!order.isRefused) return request;
    std::string known; // what it holds at least: its own promotion
    for (const auto& entry : log->judge().entries()) {
        if (entry->isTransition() && entry->authority == order.member.memberKey) known = entry->hash;
    }
    for (auto& entry : log->missingAt(known)) shown.add_trust(std::move(entry));
    return request;
}

void PromotionReports::forEach(std::size_t count, const std::function<void(std::size_t)>& work) const
{
    inParallel("promotion-report", count, m_services.askersMax, work);
}

std::map<std::string, bool> PromotionReports::acknowledged(Type type, const std::string& statement) const
{
    std::map<std::string, bool> out;
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
    auto value = scope.ignored({}).get(toldPath(type));
    wire::Acknowledged row;
    if (!value || !*value || !row.ParseFromString(**value) || row.statement() != statement) return out;
    for (const auto& fingerprint : row.fingerprints()) out[fingerprint] = true;
    return out;
}

void PromotionReports::store(Type type)
{
    wire::Acknowledged row;
    {
        MutexLock lock{m_mutex};
        const Delivery& delivery = m_deliveries[indexOf(type)];
        row.set_statement(delivery.statement);
        for (const auto& [fingerprint, target] : delivery.targets) {
            if (target.isAcknowledged) row.add_fingerprints(fingerprint);
        }
    }
    log::Transaction transaction = m_services.store.begin();
    const barrier::Scope scope{transaction, m_services.barrier, kRoleAccess};
    auto done = scope.ignored({}).put(toldPath(type), row.SerializeAsString());
    if (done) {
        auto committed = m_services.store.commitAndWait(std::move(transaction));
        if (!committed) done = std::move(committed).error();
    }
    // If this fails, the promotion is shown again after a restart, which does no harm.
    if (!done)
        logging::warn("replication", "could not store which members have acknowledged the promotion", {{"error", core::toString(done.error())}});
}

bool PromotionReports::refresh()
{
    bool isAnyDue = false;
    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto role = m_services.manager.roles().role(type);
        const auto statement = EpochStatement::parse(role->statement);
        const bool isPromoted = role->mode == Mode::Primary && m_services.manager.roles().isPlayed(type) && !role->isReplaced() && statement &&
                                statement->epoch > Epoch{1}; // an enabled primary has replaced no other
        Members members = isPromoted ? membersOf(type) : Members{};
        const Members refused = isPromoted ? refusedMembers(type) : Members{};
        members.insert(members.end(), refused.begin(), refused.end());
        std::map<std::string, bool> known;
        bool isNew = false;
        {
            MutexLock lock{m_mutex};
            Delivery& delivery = m_deliveries[indexOf(type)];
            if (!isPromoted) {
                delivery = {};
                continue;
            }
            isNew = delivery.statement != role->statement;
        }
        if (isNew) known = acknowledged(type, role->statement);
        MutexLock lock{m_mutex};
        Delivery& delivery = m_deliveries[indexOf(type)];
        if (isNew) delivery = {role->statement, {}};
        for (const Member& member : members) {
            auto [at, isAdded] = delivery.targets.try_emplace(member.fingerprint);
            at->second.member = member;
            at->second.isRefused = std::ranges::find(refused, member.fingerprint, &Member::fingerprint) != refused.end();
            if (isAdded) at->second.isAcknowledged = known.contains(member.fingerprint);
        }
        std::erase_if(delivery.targets, [&](const auto& entry) {
            return std::ranges::find(members, entry.first, &Member::fingerprint) == members.end(); // it was revoked
        });
        const SteadyTime now = m_services.clock.steadyNow();
        for (const auto& [fingerprint, target] : delivery.targets) isAnyDue = isAnyDue || (!target.isAcknowledged && now >= target.nextAt);
    }
    return isAnyDue;
}

std::vector<PromotionReports::Order> PromotionReports::due(bool isEverybody)
{
    std::vector<Order> orders;
    const SteadyTime now = m_services.clock.steadyNow();
    MutexLock lock{m_mutex};
    for (const Type type : {Type::Performance, Type::Dr}) {
        const Delivery& delivery = m_deliveries[indexOf(type)];
        for (const auto& [fingerprint, target] : delivery.targets) {
            if (!target.isAcknowledged && (isEverybody || now >= target.nextAt))
                orders.push_back({type, delivery.statement, target.member, target.isRefused});
        }
    }
    return orders;
}

void PromotionReports::show(const std::vector<Order>& orders)
{
    forEach(orders.size(), [&](std::size_t at) {
        const Order& order = orders[at];
        note(order, m_transport->ask(order.member, questionOf(order), kShowMax));
    });
}

void PromotionReports::note(const Order& order, const Result<wire::PeerAnswer>& answer)
{
    bool isAcknowledged = false;
    bool isRival = false; // a former primary that does not stop by itself
    {
        MutexLock lock{m_mutex};
        Delivery& delivery = m_deliveries[indexOf(order.type)];
        const auto found = delivery.targets.find(order.member.fingerprint);
        if (delivery.statement != order.statement || found == delivery.targets.end()) return;
        Target& target = found->second;
        const SteadyTime now = m_services.clock.steadyNow();
        if (!answer) {
            target.error = printable(answer.error().detail, 300);
            target.isStillPrimary = false; // it does not answer
            target.delay = std::clamp(target.delay * 2, kDelayMin, kDelayMax);
        } else {
            const auto& said = answer->acknowledgement();
            const bool wasStillPrimary = target.isStillPrimary;
            target.error.clear();
            const bool isPrimary = said.mode() == static_cast<std::uint32_t>(Mode::Primary) && !said.is_replaced();
            // A refused cluster takes the refusal as a contest and goes on, until its operator decides.
            target.isAcknowledged = isAcknowledged = target.isRefused ? said.has_trust_head() && !isPrimary : said.is_acknowledged();
            target.isStillPrimary = !isAcknowledged && isPrimary;
            // Judging a statement costs the member questions of its own. So a member that has judged and refused it sees it less often.
            target.delay = ++target.answerCount < kAnswersMax ? kDelayMin : kRefusedDelay;
            if (target.isStillPrimary && !wasStillPrimary) {
                logging::warn("replication", "another cluster still answers as the primary of this set and is shown the promotion",
                              {{"type", std::string{toString(order.type)}}, {"who", nameOf(order.member)}});
            }
        }
        target.nextAt = now + target.delay;
        isRival = target.isStillPrimary;
    }
    if (answer) noteRival(order, isRival);
    if (!isAcknowledged) return;
    logging::info("replication", "a member has acknowledged the promotion",
                  {{"type", std::string{toString(order.type)}}, {"who", nameOf(order.member)}});
    store(order.type);
}

void PromotionReports::noteRival(const Order& order, bool isPrimary)
{
    const bool isFormer = order.member.isPrimary && !mayStopIt(order.type); // else it is about to stop, and warnings() tells until it has
    if (!isFormer && !order.isRefused) return;
    const Member& other = order.member;
    m_services.manager.otherPrimaries().noteFormer(order.type, {}, {{}, other.endpoint, other.memberKey, isPrimary, order.isRefused});
}

void PromotionReports::tick()
{
    if (!m_transport) return;
    const bool isDue = refresh();
    if ((!isDue && !m_isUnanswered) || m_isBusy.exchange(true)) return;
    m_worker->post([this] {
        const AtEnd idle{[this] { m_isBusy = false; }};
        if (m_isUnanswered && askWhoLeads()) m_isUnanswered = false;
        show(due(false));
    });
}

std::vector<std::string> PromotionReports::announce()
{
    if (!m_transport) return {};
    refresh();
    show(due(true));
    return warnings();
}

bool PromotionReports::mayStopIt(Type type) const
{
    const auto log = m_services.manager.roles().trust(type);
    return !log || log->transition().kind != trust::EntryKind::Found || log->transition().continues.empty();
}

std::vector<std::string> PromotionReports::warnings() const
{
    std::vector<std::string> out;
    for (const Type type : {Type::Performance, Type::Dr}) {
        for (const auto& other : m_services.manager.otherPrimaries().list(type)) out.push_back(other.cause + " " + other.nextStep);
    }
    if (!out.empty()) return out;
    const bool mayStop[] = {mayStopIt(Type::Performance), mayStopIt(Type::Dr)};
    MutexLock lock{m_mutex};
    for (const Type type : {Type::Performance, Type::Dr}) {
        for (const auto& [fingerprint, target] : m_deliveries[indexOf(type)].targets) {
            if (!target.isStillPrimary) continue;
            const std::string name{toString(type)};
            out.push_back("There are two " + name + " primaries: " + (target.isRefused ? "the refused cluster " : "") + nameOf(target.member) +
                          " still answers and may accept writes. " + nextStepFor(target.isRefused, mayStop[indexOf(type)], name));
        }
    }
    return out;
}

boost::json::array PromotionReports::describe(Type type) const
{
    boost::json::array out;
    MutexLock lock{m_mutex};
    for (const auto& [fingerprint, target] : m_deliveries[indexOf(type)].targets) {
        out.push_back(boost::json::object{{"secondary_id", target.member.id},
                                          {"is_former_primary", target.member.isPrimary},
                                          {"api_address", target.member.endpoint.apiAddress},
                                          {"cluster_address", target.member.endpoint.clusterAddress},
                                          {"acknowledged", target.isAcknowledged},
                                          {"answers_as_primary", target.isStillPrimary},
                                          {"error", target.error}});
    }
    return out;
}

void PromotionReports::start(Transport* transport)
{
    m_transport = transport;
    if (!m_transport) return;
    bool isAsking = false;
    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto role = m_services.manager.roles().role(type);
        isAsking =
            isAsking || (role->mode == Mode::Primary && m_services.manager.roles().isPlayed(type) && !role->isReplaced() && !membersOf(type).empty());
    }
    if (!isAsking) return;
    // 1. This primary was down, and another cluster was promoted.
    // 2. This primary starts and writes at once.
    // 3. Clients that still know it write to both.
    //
    // So it holds its writes before the first request is answered, and asks its members. A member that is down refuses the connection at
    // once. One that hangs costs kStartMax.
    m_services.manager.holdWrites(kStarting);
    m_isBusy = true;
    // If nobody answers now, tick() asks again each second, and the writes continue.
    m_isUnanswered = true;
    m_worker->post([this] {
        const AtEnd idle{[this] {
            m_services.manager.releaseWrites();
            m_isBusy = false;
        }};
        m_isUnanswered = !askWhoLeads();
    });
}

void PromotionReports::askForEntries(Type type, const Member& member) const
{
    const auto log = m_services.manager.roles().trust(type);
    if (!log) return;
    wire::PeerRequest request;
    request.mutable_trust()->set_type(toWire(type));
    request.mutable_trust()->set_head(log->head().hash);
    const auto answer = m_transport->ask(member, request, kShowMax);
    if (!answer || answer->trust().empty()) return;
    auto taken = m_services.manager.trust().consider(type, {answer->trust().begin(), answer->trust().end()}, nameOf(member));
    if (!taken) logging::warn("replication", "could not keep entries of the trust log", {{"error", core::toString(taken.error())}});
}

bool PromotionReports::askWhoLeads()
{
    bool hasAnswered = false;
    for (const Type type : {Type::Performance, Type::Dr}) {
        const auto role = m_services.manager.roles().role(type);
        if (role->mode != Mode::Primary || !m_services.manager.roles().isPlayed(type) || role->isReplaced()) continue;
        const Members members = membersOf(type);
        wire::PeerRequest request;
        request.mutable_describe();
        std::vector<Result<wire::PeerAnswer>> answers(members.size(), Error{ErrorCode::Unavailable, "not asked"});
        forEach(members.size(), [&](std::size_t at) { answers[at] = m_transport->ask(members[at], request, kStartMax); });
        for (std::size_t at = 0; at < members.size(); ++at) {
            if (!answers[at]) continue;
            hasAnswered = true;
            askForEntries(type, members[at]);
            for (const auto& said : answers[at]->description().roles()) {
                if (said.type() != toWire(type) || said.set_id() != role->setId || said.latest_statement().empty()) continue;
                m_services.manager.otherPrimaries().noteLater(type, members[at], said.latest_statement());
                m_services.manager.epochs().consider(type, said.latest_statement(), nameOf(members[at]));
            }
        }
    }
    return hasAnswered;
}

} // namespace core::replication
