#include "core/replication/wire/link.h"

#include "core/base/bytes.h"
#include "core/storage/engine.h"

namespace core::replication {

namespace {

constexpr std::string_view kSalvagedPrefix = "salvaged/";
constexpr std::string_view kPartPrefix = "salvaged-part/";

} // namespace

std::string Position::encode() const
{
    std::string text{"\x02", 1};
    for (const std::uint64_t number :
         {index.value(), consistentFrom.value(), lastRelevantIndex.value(), epoch.value(), static_cast<std::uint64_t>(toUnixMs(appliedAt)), scope}) {
        appendLittleEndian(text, number);
    }
    return text + logId;
}

Result<Position> Position::decode(std::string_view text)
{
    // The first form of the row had no time.
    const std::size_t size = text.starts_with('\x02') ? 49 : 33;
    if (text.size() < size || (text[0] != '\x01' && text[0] != '\x02')) return Error{ErrorCode::Corrupt, "replication position"};
    Position position;
    position.index = LogIndex{readLittleEndian<std::uint64_t>(text.substr(1))};
    position.consistentFrom = LogIndex{readLittleEndian<std::uint64_t>(text.substr(9))};
    position.lastRelevantIndex = LogIndex{readLittleEndian<std::uint64_t>(text.substr(17))};
    position.epoch = Epoch{readLittleEndian<std::uint64_t>(text.substr(25))};
    if (size == 49) {
        position.appliedAt = fromUnixMs(static_cast<std::int64_t>(readLittleEndian<std::uint64_t>(text.substr(33))));
        position.scope = readLittleEndian<std::uint64_t>(text.substr(41));
    }
    position.logId = text.substr(size);
    return position;
}

bool Position::isSalvaged() const
{
    return logId.starts_with(kSalvagedPrefix) || isSalvagedInPart();
}

bool Position::isSalvagedInPart() const
{
    return logId.starts_with(kPartPrefix);
}

std::string Position::primaryLogId() const
{
    if (isSalvagedInPart()) return logId.substr(kPartPrefix.size());
    return isSalvaged() ? logId.substr(kSalvagedPrefix.size()) : logId;
}

Position Position::salvaged(LogIndex through, bool isWhole) const
{
    Position next = *this;
    next.logId = std::string{isWhole ? kSalvagedPrefix : kPartPrefix} + primaryLogId();
    if (!isSalvaged()) next.consistentFrom = index;
    next.index = through;
    return next;
}

std::string Position::key(Type type)
{
    return "i/core/replication/" + std::string{toString(type)} + "/position";
}

Position Position::stored(const storage::Reader& reader, Type type)
{
    const auto stored = reader.get(key(type));
    if (!stored || !*stored) return {};
    return decode(**stored).value_or(Position{});
}

std::string ringText(const std::vector<std::string>& chain, const std::string& clusterId)
{
    std::string text = "following this cluster would close a ring: ";
    for (const auto& id : chain) text += id + " > ";
    return text + clusterId;
}

} // namespace core::replication
