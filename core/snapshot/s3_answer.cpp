#include "core/snapshot/s3_destination.h"

#include <pugixml.hpp>

#include <charconv>

namespace core::snapshot {
namespace {

constexpr std::size_t kErrorTextMax = 300; // the parser is recursive
// The document holds copies of the text, so its memory is a small multiple of an answer's bound.
std::optional<pugi::xml_document> parse(const std::string& xml)
{
    pugi::xml_document document;
    if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_trim_pcdata, pugi::encoding_utf8)) return std::nullopt;
    return document;
}

} // namespace

Result<S3Listing> parseS3Listing(const std::string& xml)
{
    const auto damaged = Error{ErrorCode::Corrupt, "the object store's list of objects cannot be read"};
    const auto document = parse(xml);
    const auto result = document ? document->child("ListBucketResult") : pugi::xml_node{};
    if (!result) return damaged;
    S3Listing listing;
    for (const auto& child : result.children("Contents")) {
        Destination::File file;
        file.name = child.child_value("Key");
        const std::string_view size = child.child_value("Size");
        if (file.name.empty() || std::from_chars(size.data(), size.data() + size.size(), file.bytes).ec != std::errc{}) return damaged;
        listing.objects.push_back(std::move(file));
    }
    if (std::string_view{result.child_value("IsTruncated")} == "true") {
        listing.continuation = result.child_value("NextContinuationToken");
        if (listing.continuation.empty()) return damaged;
    }
    return listing;
}

std::string parseS3Error(const std::string& xml)
{
    const auto document = parse(xml);
    if (!document) return {};
    auto error = document->child("Error");
    if (!error) error = document->child("ErrorResponse").child("Error");
    std::string text = error.child_value("Code");
    const std::string message = error.child_value("Message");
    if (!message.empty()) text += (text.empty() ? "" : ": ") + message;
    if (text.size() > kErrorTextMax) text.resize(kErrorTextMax);
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    return text;
}

} // namespace core::snapshot
