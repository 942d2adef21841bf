#include "core/replication/peers.h"

#include "core/base/logging.h"
#include "core/mount/retry.h"
#include "core/replication/batch.h"
#include "core/replication/peer.pb.h"

#include <boost/json/array.hpp>

#include <algorithm>

namespace core::replication {

namespace {

namespace json = boost::json;
using mount::Response;

constexpr std::chrono::milliseconds kAskMax{3000};
constexpr std::chrono::milliseconds kRecordsMax{30'000};
constexpr std::uint64_t kChunkBytesAsked = 4u << 20;

wire::PeerRequest questionOf(const Position& position, Epoch performanceEpoch)
{
    wire::PeerRequest request;
    auto& question = *request.mutable_beyond();
    question.set_log_id(position.primaryLogId());
    question.set_index(position.index.value());
    question.set_performance_epoch(performanceEpoch.value());
    return request;
}

/// Whether every tree that the other end has is the same here; a filtered secondary has fewer than there are.
bool areTreesEqual(const merkle::Forest::State& here, const wire::BeyondAnswer& there)
{
    return std::ranges::all_of(there.shared_trees(), [&](const wire::TreeRoot& root) {
        const auto tree = std::ranges::find(here.trees, root.tree(), &merkle::Forest::TreeState::tree);
        return tree != here.trees.end() && tree->leafCount == root.leaf_count() && root.digest().size() == tree->digest.size()
               && std::ranges::equal(tree->digest, root.digest(), [](auto a, char b) {
                      return static_cast<unsigned char>(a) == static_cast<unsigned char>(b);
                  });
    });
}

} // namespace

Result<std::size_t> Peers::applySalvaged(const std::string& records, bool isWhole, Position& position)
{
    auto frame = readRecords(records);
    if (!frame) return std::move(frame).error();
    log::Transaction transaction = m_services.store.begin();
    std::vector<std::string> keys;
    bool areGenuine = true;
    frame->operations.forEach([&](const log::OperationView& operation) {
        const bool isPut = operation.kind == log::OperationKind::Put;
        areGenuine = areGenuine && LinkScope{Type::Performance}.carries(operation.key)
                     && operation.keyHash == m_services.hasher.keyHash(operation.key)
                     && (!isPut || operation.leafDigest == m_services.hasher.leafDigest(operation.keyHash, operation.value));
        keys.emplace_back(operation.key);
        if (isPut) transaction.put(operation.toOperation());
        else transaction.erase(operation.toOperation());
    });
    if (!areGenuine) return Error{ErrorCode::Corrupt, "an entry does not verify against the set's forest key"};
    const auto count = static_cast<std::size_t>(std::ranges::count_if(transaction.writes(), [&](const auto& write) {
        const log::Operation& operation = write.second;
        const auto found = m_services.store.forest().find(merkle::treeOf(operation.key), operation.keyHash);
        return operation.kind == log::OperationKind::Put ? found != operation.leafDigest : found.has_value();
    }));
    // What is here and how far it reaches change together, so a crash leaves a chunk done or not begun.
    Position next = position.salvaged(std::max(position.index, frame->through), isWhole);
    next.appliedAt = m_services.clock.now();
    transaction.put({log::OperationKind::Put, Position::key(Type::Dr), next.encode(), {}, {}});
    auto committed = m_services.store.commitAndWait(std::move(transaction));
    if (!committed) return std::move(committed).error();
    position = std::move(next);
    if (!keys.empty()) m_services.changed(keys);
    return count;
}

Response Peers::salvage()
{
    auto& manager = m_services.manager;
    if (manager.role(Type::Dr)->mode != Mode::Secondary) return Response::badRequest("Not a DR secondary");
    const LinkReport report = manager.report(Type::Dr);
    if (report.isRunning && report.connectionState == "ready") {
        return Response::badRequest("the primary is connected: everything comes from there; there is nothing to take over from others");
    }
    if (!m_transport) return Response::error(500, "this cluster has no cluster port");
    Position position = livePosition(Type::Dr);
    if (!position.isConsistent()) {
        return Response::badRequest("a synchronisation with the primary is unfinished, so nothing can be put on top of what is here");
    }

    // Whoever reaches furthest is taken; nobody has anything of another log or epoch.
    Members candidates = others(Type::Performance, false);
    std::erase_if(candidates, [](const Member& member) { return member.type != Type::Performance; });
    const auto asked = askAll(candidates, questionOf(position, performanceEpoch()), kAskMax);
    const Asked* best = nullptr;
    const Asked* nearest = nullptr; // can tell, whether or not it has anything
    json::array looked;
    for (const Asked& one : asked) {
        json::object row{{"id", one.member.id}};
        if (!one.answer) row["error"] = core::toString(one.answer.error());
        else if (!one.answer->beyond().reaches()) row["error"] = one.answer->beyond().reason();
        else row["held_through"] = one.answer->beyond().through();
        looked.emplace_back(std::move(row));
        if (!one.answer || !one.answer->beyond().reaches()) continue;
        // One that has every mount goes before one that reaches further with some only.
        const auto rank = [](const Asked& asked) { return std::pair{!asked.answer->beyond().is_filtered(), asked.answer->beyond().through()}; };
        if (one.answer->beyond().through() > position.index.value() && (!best || rank(one) > rank(*best))) best = &one;
        if (!nearest) nearest = &one;
    }
    json::object data{{"candidates", std::move(looked)}, {"held_through_before", position.index.value()}};
    if (!best) best = nearest;
    if (!best) return Response::badRequest("no performance secondary of the set can tell what it holds beyond this cluster"
                                           + std::string{asked.empty() ? ": none is known" : ""}
                                           + (asked.size() == 1 ? ": " + std::string{asked.front().answer
                                                  ? asked.front().answer->beyond().reason() : core::toString(asked.front().answer.error())} : ""));

    const Member source = best->member;
    return manager.whileLinksStopped(Type::Dr, [&]() -> Response {
        // The primary may have sent something until a moment ago.
        if (const Position stored = manager.positionOf(Type::Dr); stored.index > position.index || stored.logId != position.logId) position = stored;
        if (!position.isConsistent()) return mount::notNow("the position has changed meanwhile, try again");
        std::size_t count = 0, chunks = 0;
        for (;;) {
            auto request = questionOf(position, performanceEpoch());
            request.mutable_beyond()->set_record_bytes(kChunkBytesAsked);
            auto answer = m_transport->ask(source, request, kRecordsMax);
            const auto failed = [&](const std::string& why) {
                logging::error("replication", "salvage stopped", {{"from", source.id}, {"error", why}});
                return Response::error(500, "taking over from \"" + source.id + "\": " + why + "; what was taken over until index "
                                                + core::toString(position.index) + " is kept, another call goes on from there");
            };
            if (!answer) return failed(core::toString(answer.error()));
            const auto& beyond = answer->beyond();
            if (!beyond.reaches()) return failed(beyond.reason());
            const bool hasRecords = beyond.records().size() > 8;
            const LogIndex before = position.index;
            if (hasRecords || LogIndex{beyond.through()} > position.index) {
                auto applied = applySalvaged(beyond.records(), !beyond.is_filtered(), position);
                if (!applied) return failed(core::toString(applied.error()));
                count += *applied;
                ++chunks;
            }
            // Nobody may hold this up for ever with answers that bring nothing and promise more.
            if (!beyond.is_last() && (!hasRecords || position.index <= before)) return failed("what it sends does not go on");
            if (!beyond.is_last()) continue;

            const auto state = m_services.store.forest().state(LinkScope{Type::Performance}.trees());
            const std::string root = merkle::Forest::rootOf(state);
            const bool areRootsEqual = root == beyond.shared_root();
            const bool areEqual = areRootsEqual || areTreesEqual(state, beyond);
            data["from"] = source.id;
            data["count"] = count;
            data["chunks"] = chunks;
            data["held_through"] = position.index.value();
            data["shared_root"] = root;
            data["shared_root_there"] = beyond.shared_root();
            data["are_roots_equal"] = areRootsEqual;
            data["are_trees_equal"] = areEqual;
            data["tree_count"] = beyond.shared_trees_size();
            logging::info("replication", "entries taken over from another member",
                          {{"from", source.id}, {"count", std::to_string(count)}, {"through", core::toString(position.index)}});
            Response response = Response::ofData(std::move(data));
            if (!areRootsEqual) {
                response.warnings.emplace_back(areEqual ? "The other cluster holds fewer trees (a filter); those that it holds are equal."
                                                        : "The shared roots differ after the salvage: compare before promoting.");
            }
            return response;
        }
    });
}

} // namespace core::replication
