// Writes the inputs of fuzz_pages and fuzz_frames with messages of a reconciliation: both ends of a link reconcile, and the program records their
// messages. `record_pages FOLDER` writes below that corpus folder. `record_pages -check FOLDER` compares, and fails if the files have another wire
// format than today's.
#include "core/replication/reconcile/leaf_list.h"
#include "core/replication/wire/wire.pb.h"
#include "tests/fuzz/link_ends.h"
#include "tests/fuzz/pages_messages.h"

#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

using namespace fuzz;

struct Recording {
    Type type;
    int keys;
    std::vector<std::pair<bool, Frame>> frames; // to the primary, or not
};

std::deque<Frame> framesOf(const std::string& said)
{
    FrameDecoder decoder;
    decoder.feed(said);
    std::deque<Frame> frames;
    for (auto frame = decoder.next(); frame && *frame; frame = decoder.next()) frames.push_back(std::move(**frame));
    CORE_ASSERT(decoder.bufferedBytes() == 0);
    return frames;
}

/// The same with full digests, as in the reconciliation after one that did not end with equal roots.
void widen(const LinkEnds& ends, Frame& frame)
{
    if (frame.type == FrameType::PageDigests) {
        wire::PageDigests pages;
        CORE_ASSERT(parseFrame(frame, pages).has_value());
        const auto digests = ends.primaryForest().pages(pages.tree(), pages.page_count());
        pages.set_digest_bytes(kPageDigestBytesFull);
        pages.clear_digests();
        for (const auto& digest : digests) pages.mutable_digests()->append(crypto::viewOf(digest));
        frame.payload = pages.SerializeAsString();
    } else if (frame.type == FrameType::PageLeaves) {
        wire::PageLeaves shown;
        CORE_ASSERT(parseFrame(frame, shown).has_value());
        const auto form = LeafForm::full(shown.page_count());
        shown.set_hash_bytes(form.hashBytes);
        shown.set_digest_bytes(form.digestBytes);
        shown.clear_leaves();
        for (const auto page : shown.pages())
            form.append(*shown.mutable_leaves(), ends.secondaryForest().leaves(shown.tree(), shown.page_count(), page));
        frame.payload = shown.SerializeAsString();
    }
}

Recording record(Type type, int keys, bool isWide)
{
    Recording recording{type, keys, {}};
    LinkEnds ends{type, LinkEnds::Start::Reconciling, keys};
    auto toSecondary = framesOf(ends.primarySays());
    std::deque<Frame> toPrimary;
    while (!toSecondary.empty() || !toPrimary.empty()) {
        const bool isToPrimary = toSecondary.empty();
        auto& from = isToPrimary ? toPrimary : toSecondary;
        Frame frame = std::move(from.front());
        from.pop_front();
        if (isWide) widen(ends, frame);
        auto answers = framesOf(isToPrimary ? ends.toPrimary(frame) : ends.toSecondary(frame));
        recording.frames.emplace_back(isToPrimary, std::move(frame));
        auto& to = isToPrimary ? toSecondary : toPrimary;
        std::ranges::move(answers, std::back_inserter(to));
    }
    CORE_ASSERT(ends.isReconciled());
    return recording;
}

enum class Side { Both, ToPrimary, ToSecondary };

std::string asPages(const Recording& recording, Side side = Side::Both)
{
    std::string out(1,
                    static_cast<char>((recording.type == Type::Performance ? kIsPerformance : 0) | (recording.keys == kManyKeys ? kIsManyKeys : 0)));
    for (const auto& [isToPrimary, frame] : recording.frames) {
        if (side == (isToPrimary ? Side::ToSecondary : Side::ToPrimary)) continue;
        const auto& types = isToPrimary ? kToPrimary : kToSecondary;
        const auto found = std::ranges::find(types, frame.type);
        CORE_ASSERT(found != std::end(types) && frame.payload.size() < 65'536);
        out.push_back(static_cast<char>((found - std::begin(types)) | (isToPrimary ? kIsToPrimary : 0)));
        out.push_back(static_cast<char>(frame.payload.size() & 255));
        out.push_back(static_cast<char>(frame.payload.size() >> 8));
        out += frame.payload;
    }
    return out;
}

/// In the form for fuzz_frames, which has only the small stores.
std::string asFrames(const Recording& recording, Side side)
{
    constexpr unsigned kReconciling = 1 << 2;
    std::string out(1, static_cast<char>((recording.type == Type::Performance ? 1 : 0) | (side == Side::ToPrimary ? 2 : 0) | kReconciling));
    for (const auto& [isToPrimary, frame] : recording.frames) {
        if (isToPrimary == (side == Side::ToPrimary)) out += encodeFrame(frame.type, frame.payload);
    }
    return out;
}

std::string read(const std::filesystem::path& file)
{
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

int main(int argumentCount, char** arguments)
{
    const bool isCheck = argumentCount == 3 && std::string_view{arguments[1]} == "-check";
    if (argumentCount != (isCheck ? 3 : 2)) {
        std::fprintf(stderr, "record_pages [-check] FOLDER\n");
        return 2;
    }
    const auto dr = record(Type::Dr, 40, false);
    const auto performance = record(Type::Performance, 40, false);
    const std::pair<const char*, std::string> files[] = {
        {"pages/both", asPages(dr)},
        {"pages/to-primary", asPages(dr, Side::ToPrimary)},
        {"pages/to-secondary", asPages(dr, Side::ToSecondary)},
        {"pages/performance", asPages(performance)},
        {"pages/wide", asPages(record(Type::Dr, 40, true))},
        {"pages/many-keys", asPages(record(Type::Performance, kManyKeys, false))},
        {"pages/many-keys-wide", asPages(record(Type::Performance, kManyKeys, true))},
        {"frames/pages", asFrames(performance, Side::ToSecondary)},
        {"frames/leaves", asFrames(performance, Side::ToPrimary)},
    };
    const std::filesystem::path folder{arguments[argumentCount - 1]};
    int different = 0;
    for (const auto& [name, bytes] : files) {
        if (isCheck && read(folder / name) != bytes) {
            std::fprintf(stderr, "%s is not what links say today; run record_pages on the corpus folder\n", name);
            ++different;
        }
        if (!isCheck) std::ofstream{folder / name, std::ios::binary | std::ios::trunc} << bytes;
    }
    return different == 0 ? 0 : 1;
}
