#include "core/policy/password_policy.h"

#include "core/base/go_text.h"
#include "core/policy/hcl.h"

#include <algorithm>
#include <bitset>
#include <limits>

namespace core::policy {
namespace {

constexpr std::size_t kAlphabetMax = 256; // one random byte chooses a character
constexpr std::chrono::seconds kGenerationTimeMax{1};
constexpr int kCandidatesPerLook = 64; // at the clock
constexpr int kCandidatesMax = 1'000'000;
constexpr std::size_t kCharacterBytesMax = 4; // of UTF-8

Error invalid(std::string text)
{
    return Error{ErrorCode::InvalidArgument, std::move(text)};
}

/// The reader of HCL accepts only UTF-8, so the lead byte determines the length.
std::vector<std::string> charactersOf(std::string_view text)
{
    std::vector<std::string> characters;
    while (!text.empty()) {
        std::size_t bytes = 1;
        while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) ++bytes;
        characters.emplace_back(text.substr(0, bytes));
        text.remove_prefix(bytes);
    }
    return characters;
}

Result<std::int64_t> integerOf(const hcl::Entry& entry)
{
    const auto* number = entry.value.number();
    if (!number || !number->integer) return hcl::errorAt(entry.value.position, entry.key + " must be a whole number");
    return *number->integer;
}

std::int64_t boundedSum(std::int64_t a, std::int64_t b)
{
    return a > std::numeric_limits<std::int64_t>::max() - b ? std::numeric_limits<std::int64_t>::max() : a + b;
}

/// Positions in an alphabet without bias: bytes in the last, incomplete round are thrown away.
class Positions {
public:
    Positions(Random& random, std::size_t count) : m_random{random}, m_count{count}, m_end{256 / count * count} {}

    std::size_t next()
    {
        for (;;) {
            if (m_used == m_bytes.size()) {
                m_bytes = m_random.secret(256);
                m_used = 0;
            }
            const std::size_t byte = m_bytes.data()[m_used++];
            if (byte < m_end) return byte % m_count;
        }
    }

private:
    Random& m_random;
    const std::size_t m_count;
    const std::size_t m_end;
    SecretBytes m_bytes;
    std::size_t m_used = 0;
};

/// What a rule asks of a candidate, by positions in the alphabet.
struct Demand {
    std::bitset<kAlphabetMax> members;
    std::int64_t countMin = 0;

    bool isMet(const SecretBytes& candidate) const
    {
        std::int64_t count = 0;
        for (const char position : candidate.view()) count += members[static_cast<unsigned char>(position)] ? 1 : 0;
        return count >= countMin;
    }
};

SecretBytes textOf(const SecretBytes& candidate, const std::vector<std::string>& alphabet)
{
    SecretBytes text{candidate.size() * kCharacterBytesMax};
    std::size_t size = 0;
    for (const char position : candidate.view()) {
        const auto& character = alphabet[static_cast<unsigned char>(position)];
        std::ranges::copy(character, text.data() + size);
        size += character.size();
    }
    return SecretBytes::copyOf(text.view().substr(0, size));
}

} // namespace

Result<PasswordPolicy::Rule> PasswordPolicy::parseRule(const hcl::Labelled& block)
{
    const auto place = "unable to parse rule " + std::string{block.label};
    if (block.label != "charset") return invalid(place + ": unrecognized rule type " + std::string{block.label});
    Rule rule;
    if (const auto* entry = hcl::find(*block.body, "charset")) {
        const auto* text = entry->value.string();
        if (!text) return hcl::errorAt(entry->value.position, "charset must be a text").withContext(place);
        rule.characters = charactersOf(*text);
    }
    if (const auto* entry = hcl::find(*block.body, "min-chars")) {
        auto count = integerOf(*entry);
        if (!count) return std::move(count).error().withContext(place);
        rule.countMin = std::max<std::int64_t>(*count, 0);
    }
    return rule;
}

Result<PasswordPolicy> PasswordPolicy::parse(std::string_view document)
{
    auto root = hcl::parse(document);
    if (!root) return std::move(root).error().withContext("unable to decode");
    const auto& object = *root->object();
    PasswordPolicy policy;
    if (const auto* entry = hcl::find(object, "length")) {
        auto length = integerOf(*entry);
        if (!length) return std::move(length).error().withContext("unable to decode");
        policy.m_length = *length;
    }
    auto blocks = hcl::labelledBlocks(object, "rule");
    if (!blocks) return std::move(blocks).error().withContext("unable to retrieve rules");
    for (const auto& block : *blocks) {
        auto rule = parseRule(block);
        if (!rule) return std::move(rule).error().withContext("unable to parse rules");
        policy.m_rules.push_back(std::move(*rule));
    }
    if (const auto faults = policy.faults(); !faults.empty()) return invalid(joinedErrors(faults));
    return policy;
}

const PasswordPolicy& PasswordPolicy::standard()
{
    static const PasswordPolicy policy = [] {
        PasswordPolicy made;
        made.m_length = 20;
        for (const auto* characters : {"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "-"}) {
            made.m_rules.push_back({charactersOf(characters), 1});
        }
        return made;
    }();
    return policy;
}

std::vector<std::string> PasswordPolicy::alphabet() const
{
    std::vector<std::string> all;
    for (const auto& rule : m_rules) all.insert(all.end(), rule.characters.begin(), rule.characters.end());
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

std::vector<std::string> PasswordPolicy::faults() const
{
    std::vector<std::string> faults;
    std::int64_t demanded = 0;
    for (const auto& rule : m_rules) demanded = boundedSum(demanded, rule.countMin);
    if (m_length <= 0) {
        faults.emplace_back("length must be > 0");
    } else if (m_length < demanded) {
        faults.push_back("specified rules require at least " + std::to_string(demanded) + " characters but " + std::to_string(m_length) +
                         " is specified");
    }
    const auto characters = alphabet();
    if (characters.empty()) {
        faults.emplace_back("no charset specified");
    } else if (!std::ranges::all_of(characters, [](const std::string& each) { return isGoPrintable(each); })) {
        faults.emplace_back("non-printable character in charset");
    }
    return faults;
}

Result<SecretBytes> PasswordPolicy::generate(Random& random, const Clock& clock) const
{
    const auto characters = alphabet();
    if (characters.size() > kAlphabetMax) return invalid("charset is too long: limited to 255 characters");
    CORE_ASSERT(!characters.empty() && m_length > 0);
    std::vector<Demand> demands;
    for (const auto& rule : m_rules) {
        if (rule.countMin == 0) continue;
        Demand demand{{}, rule.countMin};
        for (std::size_t at = 0; at < characters.size(); ++at) {
            demand.members[at] = std::ranges::find(rule.characters, characters[at]) != rule.characters.end();
        }
        demands.push_back(demand);
    }

    const auto end = clock.steadyNow() + kGenerationTimeMax;
    Positions positions{random, characters.size()};
    SecretBytes candidate{static_cast<std::size_t>(std::min(m_length, kPasswordCharactersMax))};
    for (int tried = 0; tried < kCandidatesMax; ++tried) {
        if (tried % kCandidatesPerLook == kCandidatesPerLook - 1 && clock.steadyNow() >= end) break;
        for (std::size_t at = 0; at < candidate.size(); ++at) candidate.data()[at] = static_cast<unsigned char>(positions.next());
        if (std::ranges::all_of(demands, [&](const Demand& demand) { return demand.isMet(candidate); })) return textOf(candidate, characters);
    }
    return Error{ErrorCode::Timeout, "timed out generating string"};
}

} // namespace core::policy
