#include "core/replication/peers/salvage.h"

#include "core/base/logging.h"
#include "core/mount/retry.h"
#include "core/replication/wire/batch.h"
#include "core/replication/wire/genuine_entry.h"
#include "core/replication/wire/peer.pb.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core::replication {

namespace {

namespace json = boost::json;
using mount::Response;

constexpr std::chrono::milliseconds kAskMax{3000};
constexpr std::chrono::milliseconds kRecordsMax{30'000};
constexpr std::uint64_t kChunkBytesAsked = 4u << 20;
constexpr std::size_t kRecordsHeadBytes = 8; // bytes of a Records payload without records

wire::PeerRequest questionOf(const Position& position, LogIndex from, Epoch performanceEpoch)
{
    wire::PeerRequest request;
    auto& question = *request.mutable_log_tail();
    question.set_log_id(position.primaryLogId());
    question.set_index(from.value());
    question.set_performance_epoch(performanceEpoch.value());
    return request;
}

/// The order of copying. First comes the member without a filter that reaches furthest. Then come those that reach further with some mounts
/// only. So each one moves its keys to a later place, and no older value replaces a newer one.
std::vector<SalvageSource> inOrder(std::vector<SalvageSource> sources)
{
    std::ranges::stable_sort(sources, {}, [](const SalvageSource& source) { return std::pair{source.said.through(), !source.said.is_filtered()}; });
    const auto whole = std::ranges::find_if(sources.rbegin(), sources.rend(), [](const SalvageSource& source) { return !source.said.is_filtered(); });
    if (whole != sources.rend()) sources.erase(sources.begin(), std::prev(whole.base()));
    return sources;
}

/// Whether this cluster has every tree of the other end with the same digest. A filtered secondary has fewer trees.
bool areTreesEqual(const merkle::Forest::State& here, const wire::LogTailAnswer& there)
{
    return std::ranges::all_of(there.shared_trees(), [&](const wire::TreeRoot& root) {
        const auto tree = std::ranges::find(here.trees, root.tree(), &merkle::Forest::TreeState::tree);
        return tree != here.trees.end() && tree->leafCount == root.leaf_count() && root.digest().size() == tree->digest.size() &&
               std::ranges::equal(tree->digest, root.digest(),
                                  [](auto a, char b) { return static_cast<unsigned char>(a) == static_cast<unsigned char>(b); });
    });
}

} // namespace

struct Salvage::TakenOver {
    std::size_t count = 0, chunks = 0;
    wire::LogTailAnswer last; // with the other end's roots
};

Result<std::size_t> Salvage::applySalvaged(const std::string& records, bool isWhole, Position& position)
{
    auto frame = readRecords(records);
    if (!frame) return std::move(frame).error();
    log::Transaction transaction = m_services.store.begin();
    const LinkFilter whole{Type::Performance};
    bool areGenuine = true;
    frame->operations.forEach([&](const log::OperationView& operation) {
        const bool isPut = operation.kind == log::OperationKind::Put;
        areGenuine = areGenuine && isGenuine(operation, whole, m_services.hasher);
        if (isPut) transaction.put(operation.toOperation());
        else transaction.erase(operation.toOperation());
    });
    if (!areGenuine) return Error{ErrorCode::Corrupt, "an entry does not match the set's forest key"};
    const auto count = static_cast<std::size_t>(std::ranges::count_if(transaction.writes(), [&](const auto& write) {
        const log::Operation& operation = write.second;
        const auto found = m_services.store.forest().find(merkle::treeOf(operation.key), operation.keyHash);
        return operation.kind == log::OperationKind::Put ? found != operation.leafDigest : found.has_value();
    }));
    // Data and position change in one transaction:
    // 1. A chunk is written, and the process is killed before the position is.
    // 2. The next call asks from the old position and gets the chunk again. Writes made after the promotion would be replaced by old
    //    values.
    //
    // With one transaction, a crash leaves a chunk done or not begun.
    Position next = position.salvaged(std::max(position.index, frame->through), isWhole);
    next.appliedAt = m_services.clock.now();
    transaction.put({log::OperationKind::Put, Position::key(Type::Dr), next.encode(), {}, {}});
    auto committed = m_services.store.commitAndWait(std::move(transaction));
    if (!committed) return std::move(committed).error();
    position = std::move(next);
    return count;
}

Result<Salvage::TakenOver> Salvage::takeOver(const Member& source, Position& position)
{
    // If some mounts are behind after an earlier part, copying starts from their place. Keys that arrive twice end with the newer value.
    const bool wasInPart = position.isSalvagedInPart();
    LogIndex reached = position.sharedThrough();
    TakenOver taken;
    for (;;) {
        auto request = questionOf(position, reached, m_questions.performanceEpoch());
        request.mutable_log_tail()->set_record_bytes(kChunkBytesAsked);
        auto answer = m_questions.transport()->ask(source, request, kRecordsMax);
        if (!answer) return std::move(answer).error();
        wire::LogTailAnswer& beyond = *answer->mutable_log_tail();
        if (!beyond.reaches()) return Error{ErrorCode::FailedPrecondition, beyond.reason()};
        const bool hasRecords = beyond.records().size() > kRecordsHeadBytes;
        const LogIndex before = reached;
        if (hasRecords || LogIndex{beyond.through()} > position.index) {
            auto applied = applySalvaged(beyond.records(), !beyond.is_filtered() && (!wasInPart || beyond.is_last()), position);
            if (!applied) return std::move(applied).error();
            taken.count += *applied;
            ++taken.chunks;
        }
        reached = std::max(reached, LogIndex{beyond.through()});
        if (beyond.is_last()) {
            taken.last = std::move(beyond);
            return taken;
        }
        // A hostile member must not hold this up without end, with answers that bring no records and promise more.
        if (!hasRecords || reached <= before) return Error{ErrorCode::Corrupt, "its answers make no progress"};
    }
}

Response Salvage::run()
{
    auto& manager = m_services.manager;
    if (manager.roles().role(Type::Dr)->mode != Mode::Secondary) return Response::badRequest("Not a DR secondary");
    const LinkStatus report = manager.roles().report(Type::Dr);
    if (report.isRunning && report.connection == ConnectionState::Ready) {
        return Response::badRequest("the primary is connected and sends everything, so there is nothing to copy from other members");
    }
    if (!m_questions.transport()) return Response::error(500, "this cluster has no cluster port");
    Position position = m_questions.livePosition(Type::Dr);
    if (!position.isConsistent()) {
        return Response::badRequest("a reconciliation with the primary is unfinished, so nothing can be added to the data of this cluster");
    }

    // Only members that followed the same log and epoch can have something to copy.
    Members candidates = m_questions.others(Type::Performance, false);
    std::erase_if(candidates, [](const Member& member) { return member.type != Type::Performance; });
    const auto asked = m_questions.askAll(candidates, questionOf(position, position.sharedThrough(), m_questions.performanceEpoch()), kAskMax);
    std::vector<SalvageSource> sources;
    json::array looked;
    std::string why;
    for (const AskedMember& one : asked) {
        json::object row{{"id", one.member.id}};
        why = one.answer ? one.answer->log_tail().reason() : core::toString(one.answer.error());
        const bool reaches = one.answer && one.answer->log_tail().reaches();
        if (reaches && position.isSalvaged() && one.answer->log_tail().through() < position.index.value()) {
            why = "holds less than this cluster has copied from others"; // copying from it would set the data back
        } else if (reaches) {
            sources.push_back({one.member, one.answer->log_tail()});
        }
        if (reaches) row["held_through"] = one.answer->log_tail().through();
        if (!why.empty()) row["error"] = why;
        looked.emplace_back(std::move(row));
    }
    json::object data{{"candidates", std::move(looked)}, {"held_through_before", position.sharedThrough().value()}};
    if (sources.empty())
        return Response::badRequest("no performance secondary of the set can report what it holds and this cluster lacks" +
                                    std::string{asked.empty()       ? ": none is known"
                                                : asked.size() == 1 ? ": " + why
                                                                    : ""});
    sources = inOrder(std::move(sources));

    Response answer;
    manager.roles().whileLinksStopped(Type::Dr, [&] { answer = copyFrom(sources, position, std::move(data)); });
    return answer;
}

/// No link runs, and no role changes.
Response Salvage::copyFrom(const std::vector<SalvageSource>& sources, Position position, json::object data)
{
    const auto& manager = m_services.manager;
    // The primary may have sent records until a moment ago.
    if (const Position stored = manager.roles().positionOf(Type::Dr); stored.index > position.index || stored.logId != position.logId)
        position = stored;
    if (!position.isConsistent()) return mount::retryLater("the position has changed in the meantime, try again");
    TakenOver all;
    json::array from;
    for (const SalvageSource& source : sources) {
        auto taken = takeOver(source.member, position);
        if (!taken) {
            logging::error("replication", "salvage stopped", {{"from", source.member.id}, {"error", core::toString(taken.error())}});
            return Response::error(500, "copying from \"" + source.member.id + "\": " + core::toString(taken.error()) + "; everything up to index " +
                                            core::toString(position.index) + " is kept, and another call continues from there");
        }
        from.emplace_back(json::object{{"id", source.member.id}, {"count", taken->count}, {"held_through", taken->last.through()}});
        logging::info("replication", "entries copied from another member",
                      {{"from", source.member.id}, {"count", std::to_string(taken->count)}, {"through", core::toString(position.index)}});
        all.count += taken->count;
        all.chunks += taken->chunks;
        all.last = std::move(taken->last);
    }
    const auto state = m_services.store.forest().state(LinkFilter{Type::Performance}.trees());
    const std::string root = merkle::Forest::rootOf(state);
    const bool areRootsEqual = root == all.last.shared_root();
    const bool areEqual = areRootsEqual || areTreesEqual(state, all.last);
    data["from"] = sources.back().member.id;
    data["sources"] = std::move(from);
    data["count"] = all.count;
    data["chunks"] = all.chunks;
    data["held_through"] = position.index.value();
    data["shared_root"] = root;
    data["shared_root_there"] = all.last.shared_root();
    data["are_roots_equal"] = areRootsEqual;
    data["are_trees_equal"] = areEqual;
    data["tree_count"] = all.last.shared_trees_size();
    Response response = Response::ofData(std::move(data));
    if (!areRootsEqual) {
        response.warnings.emplace_back(areEqual ? "The other cluster holds fewer trees (a filter); those that it holds are equal."
                                       : LogIndex{all.last.through()} < position.index
                                           ? "The other cluster holds less than this one, so nothing was copied from it."
                                           : "The shared roots differ after the salvage: compare before promoting.");
    }
    return response;
}

} // namespace core::replication
