#include "core/snapshot/s3_destination.h"

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include <charconv>
#include <sstream>

namespace core::snapshot {
namespace {

namespace pt = boost::property_tree;

constexpr int kNestingMax = 32; // the parser recurses
constexpr std::size_t kErrorTextMax = 300;

bool isNestedTooDeep(std::string_view xml)
{
    int depth = 0;
    for (auto at = xml.find('<'); at != std::string_view::npos && at + 1 < xml.size(); at = xml.find('<', at + 1)) {
        const char next = xml[at + 1];
        if (next == '?' || next == '!') continue;
        const auto end = xml.find('>', at);
        if (next == '/') --depth;
        else if (end == std::string_view::npos || xml[end - 1] != '/') ++depth;
        if (depth > kNestingMax) return true;
    }
    return false;
}

std::optional<pt::ptree> parse(const std::string& xml)
{
    if (isNestedTooDeep(xml)) return std::nullopt;
    try {
        std::istringstream stream{xml};
        pt::ptree tree;
        pt::read_xml(stream, tree, pt::xml_parser::trim_whitespace);
        return tree;
    } catch (const pt::xml_parser_error&) {
        return std::nullopt;
    }
}

} // namespace

Result<S3Listing> parseS3Listing(const std::string& xml)
{
    const auto damaged = Error{ErrorCode::Corrupt, "the object store's list of objects cannot be read"};
    const auto tree = parse(xml);
    const auto result = tree ? tree->get_child_optional("ListBucketResult") : boost::none;
    if (!result) return damaged;
    S3Listing listing;
    for (const auto& [name, child] : *result) {
        if (name != "Contents") continue;
        Destination::File file;
        file.name = child.get("Key", std::string{});
        const auto size = child.get("Size", std::string{});
        if (file.name.empty() || std::from_chars(size.data(), size.data() + size.size(), file.bytes).ec != std::errc{}) return damaged;
        listing.objects.push_back(std::move(file));
    }
    if (result->get("IsTruncated", std::string{}) == "true") {
        listing.continuation = result->get("NextContinuationToken", std::string{});
        if (listing.continuation.empty()) return damaged;
    }
    return listing;
}

std::string parseS3Error(const std::string& xml)
{
    const auto tree = parse(xml);
    auto error = tree ? tree->get_child_optional("Error") : boost::none;
    if (!error && tree) error = tree->get_child_optional("ErrorResponse.Error");
    if (!error) return {};
    auto text = error->get("Code", std::string{});
    const auto message = error->get("Message", std::string{});
    if (!message.empty()) text += (text.empty() ? "" : ": ") + message;
    if (text.size() > kErrorTextMax) text.resize(kErrorTextMax);
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    return text;
}

std::string encodeS3(std::string_view text, bool keepsSlashes)
{
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool isPlain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || c == '-' || c == '_' ||
                             c == '.' || c == '~' || (keepsSlashes && c == '/');
        if (isPlain) {
            out.push_back(c);
        } else {
            out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
        }
    }
    return out;
}

} // namespace core::snapshot
