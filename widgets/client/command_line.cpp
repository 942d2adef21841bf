#include "widgets/client/command_line.h"

#include <QJsonDocument>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace widgets {
namespace {

/// Characters that a terminal obeys, or that make a text look like another one: line ends, direction marks.
bool isControl(QChar c)
{
    return c.category() == QChar::Other_Control || c.category() == QChar::Other_Format || c == QChar::LineSeparator || c == QChar::ParagraphSeparator;
}

QString escaped(QChar c)
{
    return u"\\u%1"_s.arg(ushort{c.unicode()}, 4, 16, QChar{u'0'});
}

/// Quotes in which bash reads escapes: $'…'.
QString quotedWithEscapes(const QString& text)
{
    QString inner;
    for (const QChar c : text) {
        if (isControl(c)) inner += escaped(c);
        else if (c == u'\\' || c == u'\'') inner += QString{u'\\'} + c;
        else inner += c;
    }
    return u"$'"_s + inner + u'\'';
}

QString quoted(const QString& text)
{
    static const auto plain = u"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@,+%"_s;
    const bool isPlain = !text.isEmpty() && std::all_of(text.begin(), text.end(), [](QChar c) { return plain.contains(c); });
    if (isPlain) return text;
    if (std::any_of(text.begin(), text.end(), isControl)) return quotedWithEscapes(text);
    QString inner = text;
    return u'\'' + inner.replace(u'\'', u"'\\''"_s) + u'\'';
}

QString textOf(const QJsonValue& value)
{
    if (value.isString()) return value.toString();
    if (value.isBool()) return value.toBool() ? u"true"_s : u"false"_s;
    if (value.isDouble()) return QString::number(value.toDouble(), 'f', 0);
    return QString::fromUtf8(QJsonDocument::fromVariant(value.toVariant()).toJson(QJsonDocument::Compact));
}

QString fileFor(const QString& field)
{
    QString name = field;
    return u"@%1.txt"_s.arg(name.replace(u'_', u'-'));
}

QString plainCommand(const ApiRequest& request, const QString& flags)
{
    switch (request.verb) {
    case ApiRequest::Verb::Read: return u"holdfast read%1 %2"_s.arg(flags, quoted(request.path));
    case ApiRequest::Verb::List: return u"holdfast list%1 %2"_s.arg(flags, quoted(request.path));
    case ApiRequest::Verb::Delete: return u"holdfast delete%1 %2"_s.arg(flags, quoted(request.path));
    case ApiRequest::Verb::Write: break;
    }
    QString command = u"holdfast write%1%2 %3"_s.arg(request.body.isEmpty() ? u" -f"_s : QString{}, flags, quoted(request.path));
    for (auto it = request.body.begin(); it != request.body.end(); ++it) {
        const bool isSecret = request.secretFields.contains(it.key());
        command += u' ' + quoted(it.key() + u'=' + (isSecret ? fileFor(it.key()) : textOf(it.value())));
    }
    return command;
}

} // namespace

QString onOneLine(const QString& text)
{
    QString shown;
    for (const QChar c : text) shown += isControl(c) ? escaped(c) : QString{c};
    return shown;
}

QString commandFor(const ApiRequest& request, const QString& address, const QString& file)
{
    const QString flags = address.isEmpty() ? QString{} : u' ' + quoted(u"-address="_s + address);
    const QString& path = request.path;
    if (path == "sys/seal-status"_L1) return u"holdfast status"_s + flags;
    if (path == "sys/mounts"_L1) return u"holdfast secrets list"_s + flags;
    if (path == "sys/auth"_L1) return u"holdfast auth list"_s + flags;
    if (path.startsWith("sys/replication/dr/secondary/generate-operation-token"_L1)) {
        const QString base = u"holdfast operator generate-root -dr-token"_s + flags;
        if (path.endsWith("update"_L1)) return base + u' ' + quoted(u"-nonce="_s + request.body.value("nonce"_L1).toString()) + u" -"_s;
        if (request.verb == ApiRequest::Verb::Write) return base + u" -init"_s;
        if (request.verb == ApiRequest::Verb::Delete) return base + u" -cancel"_s;
        return base + u" -status"_s;
    }
    if (path == "sys/storage/raft/snapshot"_L1 && request.verb == ApiRequest::Verb::Read) {
        return u"holdfast operator raft snapshot save%1 %2"_s.arg(flags, quoted(file));
    }
    if (path.startsWith("sys/storage/raft/snapshot"_L1) && request.verb == ApiRequest::Verb::Write && request.body.isEmpty()) {
        return u"holdfast operator raft snapshot restore%1%2 %3"_s.arg(path.endsWith("-force"_L1) ? u" -force"_s : QString{}, flags, quoted(file));
    }
    return plainCommand(request, flags);
}

} // namespace widgets
