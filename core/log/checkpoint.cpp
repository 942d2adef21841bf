#include "core/log/checkpoint.h"

#include "core/base/bytes.h"
#include "core/log/crc32c.h"

namespace core::log {

namespace {

constexpr std::string_view kMagic = "HFCHECK1";

void appendText(std::string& out, std::string_view text)
{
    appendLittleEndian(out, static_cast<std::uint32_t>(text.size()));
    out.append(text);
}

/// Takes fields off the front of `bytes`. If one is missing, isGood() is false from then on and all further fields are zero or empty.
class Fields {
public:
    explicit Fields(std::string_view bytes) : m_rest{bytes} {}

    template<class Integer>
    Integer number()
    {
        const auto bytes = take(sizeof(Integer));
        return bytes.empty() ? Integer{0} : readLittleEndian<Integer>(bytes);
    }
    std::string_view text() { return take(number<std::uint32_t>()); }
    std::string_view take(std::size_t count)
    {
        if (count > m_rest.size()) {
            m_isGood = false;
            m_rest = {};
            return {};
        }
        const auto taken = m_rest.substr(0, count);
        m_rest.remove_prefix(count);
        return taken;
    }
    bool isGood() const { return m_isGood; }
    bool isAtEnd() const { return m_rest.empty(); }

private:
    std::string_view m_rest;
    bool m_isGood = true;
};

} // namespace

std::string encodeCheckpoint(const Checkpoint& checkpoint)
{
    std::string out{kMagic};
    appendText(out, checkpoint.logId);
    appendLittleEndian(out, checkpoint.durable.value());
    appendLittleEndian(out, checkpoint.rowsUpTo.value());
    appendLittleEndian(out, checkpoint.epoch.value());
    appendLittleEndian(out, checkpoint.lastShared.value());
    appendLittleEndian(out, checkpoint.lastReplicated.value());
    appendLittleEndian(out, static_cast<std::uint32_t>(checkpoint.trees.size()));
    // The trees are the proof that recovery compares with; see LocalStore::verifyForest().
    for (const auto& tree : checkpoint.trees) {
        appendText(out, tree.tree);
        out.append(reinterpret_cast<const char*>(tree.digest.data()), tree.digest.size());
        appendLittleEndian(out, tree.leafCount);
    }
    appendLittleEndian(out, static_cast<std::uint32_t>(checkpoint.slotIndexes.size()));
    for (const auto& [name, from] : checkpoint.slotIndexes) {
        appendText(out, name);
        appendLittleEndian(out, from.value());
    }
    // The checksum is last and covers the magic too, so that a file that was cut short or mixed up is refused.
    appendLittleEndian(out, crc32c(out));
    return out;
}

Result<Checkpoint> decodeCheckpoint(std::string_view bytes)
{
    const Error damaged{ErrorCode::Corrupt, "not a checkpoint, or damaged"};
    if (bytes.size() < kMagic.size() + 4 || !bytes.starts_with(kMagic)) return damaged;
    const auto body = bytes.substr(0, bytes.size() - 4);
    if (crc32c(body) != readLittleEndian<std::uint32_t>(bytes.substr(body.size()))) return damaged;
    Fields fields{body.substr(kMagic.size())};
    Checkpoint checkpoint;
    checkpoint.logId = fields.text();
    checkpoint.durable = LogIndex{fields.number<std::uint64_t>()};
    checkpoint.rowsUpTo = LogIndex{fields.number<std::uint64_t>()};
    checkpoint.epoch = Epoch{fields.number<std::uint64_t>()};
    checkpoint.lastShared = LogIndex{fields.number<std::uint64_t>()};
    checkpoint.lastReplicated = LogIndex{fields.number<std::uint64_t>()};
    for (auto count = fields.number<std::uint32_t>(); count > 0 && fields.isGood(); --count) {
        merkle::Forest::TreeState tree;
        tree.tree = fields.text();
        if (const auto digest = fields.take(tree.digest.size()); !digest.empty()) std::memcpy(tree.digest.data(), digest.data(), digest.size());
        tree.leafCount = fields.number<std::uint64_t>();
        checkpoint.trees.push_back(std::move(tree));
    }
    for (auto count = fields.number<std::uint32_t>(); count > 0 && fields.isGood(); --count) {
        std::string name{fields.text()};
        checkpoint.slotIndexes[std::move(name)] = LogIndex{fields.number<std::uint64_t>()};
    }
    if (!fields.isGood() || !fields.isAtEnd() || checkpoint.rowsUpTo < checkpoint.durable || checkpoint.logId.size() != 32) return damaged;
    return checkpoint;
}

Result<std::optional<Checkpoint>> readCheckpoint(FileSystem& files, const std::filesystem::path& directory)
{
    const auto path = directory / kCheckpointName;
    const auto bytes = readAll(files, path);
    if (!bytes) {
        if (bytes.error().code == ErrorCode::NotFound) return std::optional<Checkpoint>{};
        return bytes.error();
    }
    auto checkpoint = decodeCheckpoint(*bytes);
    if (!checkpoint) return std::move(checkpoint).error().withContext(path.string());
    return std::optional<Checkpoint>{std::move(*checkpoint)};
}

Result<> writeCheckpoint(FileSystem& files, const std::filesystem::path& directory, const Checkpoint& checkpoint)
{
    return replaceFile(files, directory / kCheckpointName, encodeCheckpoint(checkpoint));
}

} // namespace core::log
