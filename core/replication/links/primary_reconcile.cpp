#include "core/replication/links/primary_link.h"

#include "core/base/logging.h"
#include "core/replication/wire/wire_values.h"

#include <algorithm>
#include <map>

namespace core::replication {

namespace {

constexpr std::uint32_t kPagesPerFrame = 16'384;
constexpr std::chrono::seconds kStillMax{15};

} // namespace

std::uint32_t pageCountFor(std::uint64_t leafCount)
{
    return leafCount <= 256 ? 1 : leafCount <= 16'384 ? 256 : 65'536;
}

void PrimaryLink::startReconciling(const wire::Hello& hello, const merkle::Forest::State& state)
{
    m_state = State::Reconciling;
    m_sentThrough = state.index;
    m_slotIndex = state.index;
    // Everything after this index stays in the log until the secondary has it. Entries of the reconciliation may be newer, and the stream
    // repeats their records.
    m_store.setSlot(m_slot, state.index.next());

    wire::Welcome welcome;
    welcome.set_epoch(m_local.epoch.value());
    welcome.set_log_id(m_logId);
    welcome.set_index(state.index.value());
    welcome.set_scope(m_scopeTold = m_scope.id());
    for (const auto& id : m_local.chain) welcome.add_chain(id);
    toWire(m_local.self, *welcome.mutable_self());
    welcome.set_statement(m_toldStatement = m_local.statement);
    welcome.set_program(m_local.program);
    if (tellsTrust()) toWire(m_local.trust, *welcome.mutable_trust());
    if (m_identity.canProve(m_local.keys)) m_identity.prove(m_local.keys, false, welcome.mutable_proof());

    std::map<std::string_view, const wire::TreeDigest*> theirs;
    for (const auto& tree : hello.trees()) theirs.emplace(tree.tree(), &tree);
    std::uint64_t wholeLeaves = 0;
    for (const auto& tree : state.trees) {
        const auto found = theirs.find(tree.tree);
        if (found == theirs.end()) {
            m_wholeTrees.push_back({tree.tree, pageCountFor(tree.leafCount), 0});
            wholeLeaves += tree.leafCount;
            continue;
        }
        const wire::TreeDigest& their = *found->second;
        theirs.erase(found);
        const std::string_view digest{reinterpret_cast<const char*>(tree.digest.data()), tree.digest.size()};
        if (their.digest() == digest && their.leaf_count() == tree.leafCount) continue;
        m_pageTrees.push_back({tree.tree, pageCountFor(std::max(tree.leafCount, their.leaf_count())), 0, {}});
        m_offered[tree.tree] = {m_pageTrees.back().pageCount, 0};
    }
    for (const auto& [name, tree] : theirs) welcome.add_absent_trees(tree->tree());
    welcome.set_whole_leaf_count(wholeLeaves);
    m_areDigestsEnded = false;
    m_areLeavesEnded = false;
    m_lastStep = m_clock.steadyNow();
    queue(encodeFrame(FrameType::Welcome, welcome));
    tellMembers(m_lastHeard); // at once, because this primary may be lost in the next moment
    tellTokenKeys();
    queue(encodeFrame(FrameType::Heartbeat, heartbeat()));
    m_lastHeartbeat = m_clock.steadyNow();
}

std::string PrimaryLink::pullPages()
{
    if (m_areDigestsEnded) return {};
    m_lastStep = m_clock.steadyNow();
    if (m_pageTrees.empty()) {
        m_areDigestsEnded = true;
        return encodeFrame(FrameType::PageDigestsEnd, std::string_view{});
    }
    PageTree& tree = m_pageTrees.front();
    if (tree.nextPage == 0) tree.digests = m_store.forest().pages(tree.tree, tree.pageCount);
    const std::uint32_t count = std::min(kPagesPerFrame, tree.pageCount - tree.nextPage);
    wire::PageDigests pages;
    pages.set_tree(tree.tree);
    pages.set_page_count(tree.pageCount);
    pages.set_digest_bytes(m_digestBytes);
    pages.set_first_page(tree.nextPage);
    std::string& digests = *pages.mutable_digests();
    digests.reserve(count * m_digestBytes);
    for (std::uint32_t page = tree.nextPage; page < tree.nextPage + count; ++page) {
        digests.append(reinterpret_cast<const char*>(tree.digests.at(page).data()), m_digestBytes);
    }
    tree.nextPage += count;
    if (tree.nextPage == tree.pageCount) m_pageTrees.pop_front();
    std::string frame = encodeFrame(FrameType::PageDigests, pages);
    m_statistics.pageBytesSent += frame.size();
    return frame;
}

void PrimaryLink::onPageLeaves(const Frame& frame)
{
    const Error corrupt{ErrorCode::Corrupt, "page leaves frame"};
    wire::PageLeaves shown;
    const bool isParsed = m_state == State::Reconciling && !m_areLeavesEnded && parseFrame(frame, shown) && m_scope.carriesTree(shown.tree());
    const LeafForm form{shown.page_count(), shown.hash_bytes(), shown.digest_bytes()};
    // Each page may be shown once, in order, and in a form that was offered. A hostile secondary that asks for a page again and again, or
    // for a whole tree as one page, would cost memory and time without limit for a few bytes.
    const auto offered = isParsed ? m_offered.find(shown.tree()) : m_offered.end();
    const bool isGood =
        offered != m_offered.end() && form.pageCount == offered->second.pageCount && form.isValid() && shown.pages_size() == shown.leaf_counts_size();
    if (!isGood) return fail(wire::Refusal::PROTOCOL, corrupt);
    m_lastStep = m_clock.steadyNow();

    LeafForm::Differences differences;
    std::string_view rest = shown.leaves();
    for (int at = 0; at < shown.pages_size(); ++at) {
        const std::uint32_t page = shown.pages(at);
        const std::size_t bytes = shown.leaf_counts(at) * form.leafBytes();
        if (page < offered->second.next || page >= form.pageCount || bytes > rest.size()) return fail(wire::Refusal::PROTOCOL, corrupt);
        const auto own = m_store.forest().leaves(shown.tree(), form.pageCount, page);
        if (auto compared = form.compare(page, rest.substr(0, bytes), own, differences); !compared) {
            return fail(wire::Refusal::PROTOCOL, std::move(compared).error());
        }
        rest.remove_prefix(bytes);
        offered->second.next = page + 1;
    }
    if (!rest.empty()) return fail(wire::Refusal::PROTOCOL, corrupt);
    if (!differences.wanted.empty()) m_wanted.push_back({shown.tree(), std::move(differences.wanted), 0});
    if (differences.absent.empty()) return;
    wire::AbsentLeaves absent;
    absent.set_tree(shown.tree());
    absent.set_hash_bytes(static_cast<std::uint32_t>(form.nameBytes()));
    absent.set_hashes(std::move(differences.absent));
    queue(encodeFrame(FrameType::AbsentLeaves, absent));
}

Result<> PrimaryLink::addEntry(log::Record& record, std::size_t& bytes, std::string_view tree, const merkle::KeyHash& hash)
{
    auto key = m_store.keyOf(tree, hash);
    if (!key) return std::move(key).error();
    if (!*key) return {};
    auto value = m_store.reader().get(**key);
    if (!value) return std::move(value).error();
    if (!*value) return {};
    if (!m_hasher.isAuthentic(**key, **value)) { // it could replace a good copy at the secondary, perhaps the last one
        logging::error("replication", "a stored value is damaged and is not sent to a secondary; a scrub shows which one",
                       {{"tree", std::string{tree}}});
        return {};
    }
    // The value may be newer than the compared leaf, so the digest is computed from the value itself.
    log::Operation operation{log::OperationKind::Put, std::move(**key), std::move(**value), hash, {}};
    operation.leafDigest = m_hasher.leafDigest(hash, operation.value);
    bytes += operation.key.size() + operation.value.size() + 48;
    record.operations.push_back(std::move(operation));
    return {};
}

std::string PrimaryLink::sendEntries(const log::Record& record)
{
    if (record.operations.empty()) return {};
    m_statistics.entriesSent += record.operations.size();
    std::string frame = encodeFrame(FrameType::Entries, log::encodeRecord(record));
    m_credit -= static_cast<std::int64_t>(frame.size());
    return frame;
}

std::string PrimaryLink::pullEntries()
{
    if (m_credit <= 0) return {};
    log::Record record{LogIndex{1}, m_local.epoch, {}};
    std::size_t bytes = 0;
    while (!m_wanted.empty() && bytes < kChunkBytes) {
        Wanted& wanted = m_wanted.front();
        for (; wanted.next < wanted.hashes.size() && bytes < kChunkBytes; ++wanted.next) {
            if (auto added = addEntry(record, bytes, wanted.tree, wanted.hashes[wanted.next]); !added) {
                fail(wire::Refusal::BUSY, std::move(added).error());
                return {};
            }
        }
        if (wanted.next == wanted.hashes.size()) m_wanted.pop_front();
    }
    return sendEntries(record);
}

std::string PrimaryLink::pullWhole()
{
    if (m_credit <= 0) return {};
    log::Record record{LogIndex{1}, m_local.epoch, {}};
    std::size_t bytes = 0;
    while (!m_wholeTrees.empty() && bytes < kChunkBytes) {
        WholeTree& tree = m_wholeTrees.front();
        for (; tree.nextPage < tree.pageCount && bytes < kChunkBytes; ++tree.nextPage) {
            const auto leaves = m_store.forest().leaves(tree.tree, tree.pageCount, tree.nextPage);
            if (bytes > 0 && leaves.size() > 1024) break; // a large page is sent alone, in several frames
            Wanted wanted{tree.tree, {}, 0};
            for (const merkle::Leaf& leaf : leaves) wanted.hashes.push_back(leaf.hash);
            for (; wanted.next < wanted.hashes.size() && bytes < kChunkBytes; ++wanted.next) {
                if (auto added = addEntry(record, bytes, tree.tree, wanted.hashes[wanted.next]); !added) {
                    fail(wire::Refusal::BUSY, std::move(added).error());
                    return {};
                }
            }
            if (wanted.next < wanted.hashes.size()) m_wanted.push_back(std::move(wanted));
        }
        if (tree.nextPage == tree.pageCount) m_wholeTrees.pop_front();
    }
    return sendEntries(record);
}

bool PrimaryLink::isStalled(SteadyTime now) const
{
    const bool isTheirTurn = m_areDigestsEnded && !m_areLeavesEnded && m_wanted.empty() && m_wholeTrees.empty();
    return m_state == State::Reconciling && isTheirTurn && now - m_lastStep > kStillMax;
}

std::string PrimaryLink::finishReconciling()
{
    // With another log id, the compared state and the stream that follows belong to different contents.
    if (m_store.logId() != m_logId) {
        fail(wire::Refusal::RESYNC, Error{ErrorCode::Conflict, "the contents were replaced"});
        return {};
    }
    m_offered.clear();
    m_state = State::Streaming;
    wire::ReconcileEnd end;
    // Entries may be as new as this index. Until the secondary has applied everything up to it, its data is no prefix.
    end.set_index(m_store.appliedIndex().value());
    end.set_last_relevant_index((m_options.type == Type::Performance ? m_store.lastSharedIndex() : m_store.lastReplicatedIndex()).value());
    prepareMarker();
    return encodeFrame(FrameType::ReconcileEnd, end);
}

} // namespace core::replication
