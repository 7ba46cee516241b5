/**
 * Generated from append.proto, then formatted. The command stands in append.proto.d.ts.
 */
// biome-ignore-all lint: generated.
// biome-ignore-all assist: generated.
import $protobuf from 'protobufjs/minimal.js';

const $Reader = $protobuf.Reader,
  $Writer = $protobuf.Writer,
  $util = $protobuf.util;
const $Object = $util.global.Object,
  $undefined = $util.global.undefined,
  $Error = $util.global.Error,
  $RangeError = $util.global.RangeError;

const $root = $protobuf.roots['default'] || ($protobuf.roots['default'] = {});

export const bench = ($root.bench = (() => {
  const bench = {};

  bench.Heartbeat = (function () {
    const Heartbeat = function (properties) {
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__')
            this[keys[i]] = properties[keys[i]];
    };

    Heartbeat.prototype.term = $util.Long ? $util.Long.fromBits(0, 0, true) : 0;
    Heartbeat.prototype.commitIndex = $util.Long ? $util.Long.fromBits(0, 0, true) : 0;
    Heartbeat.prototype.from = 0;
    Heartbeat.prototype.isLeader = false;

    Heartbeat.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create();
      if (_depth === $undefined) _depth = 0;
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded');
      if (
        message.term != null &&
        $Object.hasOwnProperty.call(message, 'term') &&
        (typeof message.term === 'object'
          ? message.term.low || message.term.high
          : message.term !== 0)
      )
        writer.uint32(8).uint64(message.term);
      if (
        message.commitIndex != null &&
        $Object.hasOwnProperty.call(message, 'commitIndex') &&
        (typeof message.commitIndex === 'object'
          ? message.commitIndex.low || message.commitIndex.high
          : message.commitIndex !== 0)
      )
        writer.uint32(16).uint64(message.commitIndex);
      if (
        message.from != null &&
        $Object.hasOwnProperty.call(message, 'from') &&
        message.from !== 0
      )
        writer.uint32(24).uint32(message.from);
      if (
        message.isLeader != null &&
        $Object.hasOwnProperty.call(message, 'isLeader') &&
        message.isLeader !== false
      )
        writer.uint32(32).bool(message.isLeader);
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i]);
      return writer;
    };

    Heartbeat.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader);
      if (_depth === $undefined) _depth = 0;
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded');
      let end, message, value;
      if (length === $undefined) end = reader.len;
      else {
        end = reader.pos + length;
        if (end > reader.len) throw $RangeError('index out of range');
        length = reader.len;
        reader.len = end;
      }
      message = _target || new $root.bench.Heartbeat();
      while (reader.pos < end) {
        let start = reader.pos;
        let tag = reader.tag();
        if (tag === _end) {
          _end = $undefined;
          break;
        }
        let wireType = tag & 7;
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType !== 0) break;
            if (
              typeof (value = reader.uint64()) === 'object' ? value.low || value.high : value !== 0
            )
              message.term = value;
            else delete message.term;
            continue;
          }
          case 2: {
            if (wireType !== 0) break;
            if (
              typeof (value = reader.uint64()) === 'object' ? value.low || value.high : value !== 0
            )
              message.commitIndex = value;
            else delete message.commitIndex;
            continue;
          }
          case 3: {
            if (wireType !== 0) break;
            if ((value = reader.uint32())) message.from = value;
            else delete message.from;
            continue;
          }
          case 4: {
            if (wireType !== 0) break;
            if ((value = reader.bool())) message.isLeader = value;
            else delete message.isLeader;
            continue;
          }
        }
        reader.skipType(wireType, _depth, tag);
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false);
          (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range');
        reader.len = length;
      }
      if (_end !== $undefined) throw $Error('missing end group');
      return message;
    };

    return Heartbeat;
  })();

  bench.Entry = (function () {
    const Entry = function (properties) {
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__')
            this[keys[i]] = properties[keys[i]];
    };

    Entry.prototype.term = $util.Long ? $util.Long.fromBits(0, 0, true) : 0;
    Entry.prototype.index = $util.Long ? $util.Long.fromBits(0, 0, true) : 0;
    Entry.prototype.kind = 0;
    Entry.prototype.data = $util.newBuffer([]);

    Entry.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create();
      if (_depth === $undefined) _depth = 0;
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded');
      if (
        message.term != null &&
        $Object.hasOwnProperty.call(message, 'term') &&
        (typeof message.term === 'object'
          ? message.term.low || message.term.high
          : message.term !== 0)
      )
        writer.uint32(8).uint64(message.term);
      if (
        message.index != null &&
        $Object.hasOwnProperty.call(message, 'index') &&
        (typeof message.index === 'object'
          ? message.index.low || message.index.high
          : message.index !== 0)
      )
        writer.uint32(16).uint64(message.index);
      if (
        message.kind != null &&
        $Object.hasOwnProperty.call(message, 'kind') &&
        message.kind !== 0
      )
        writer.uint32(24).uint32(message.kind);
      if (
        message.data != null &&
        $Object.hasOwnProperty.call(message, 'data') &&
        message.data.length
      )
        writer.uint32(34).bytes(message.data);
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i]);
      return writer;
    };

    Entry.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader);
      if (_depth === $undefined) _depth = 0;
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded');
      let end, message, value;
      if (length === $undefined) end = reader.len;
      else {
        end = reader.pos + length;
        if (end > reader.len) throw $RangeError('index out of range');
        length = reader.len;
        reader.len = end;
      }
      message = _target || new $root.bench.Entry();
      while (reader.pos < end) {
        let start = reader.pos;
        let tag = reader.tag();
        if (tag === _end) {
          _end = $undefined;
          break;
        }
        let wireType = tag & 7;
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType !== 0) break;
            if (
              typeof (value = reader.uint64()) === 'object' ? value.low || value.high : value !== 0
            )
              message.term = value;
            else delete message.term;
            continue;
          }
          case 2: {
            if (wireType !== 0) break;
            if (
              typeof (value = reader.uint64()) === 'object' ? value.low || value.high : value !== 0
            )
              message.index = value;
            else delete message.index;
            continue;
          }
          case 3: {
            if (wireType !== 0) break;
            if ((value = reader.uint32())) message.kind = value;
            else delete message.kind;
            continue;
          }
          case 4: {
            if (wireType !== 2) break;
            if ((value = reader.bytes()).length) message.data = value;
            else delete message.data;
            continue;
          }
        }
        reader.skipType(wireType, _depth, tag);
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false);
          (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range');
        reader.len = length;
      }
      if (_end !== $undefined) throw $Error('missing end group');
      return message;
    };

    return Entry;
  })();

  bench.AppendEntries = (function () {
    const AppendEntries = function (properties) {
      this.entries = [];
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__')
            this[keys[i]] = properties[keys[i]];
    };

    AppendEntries.prototype.term = $util.Long ? $util.Long.fromBits(0, 0, true) : 0;
    AppendEntries.prototype.leader = '';
    AppendEntries.prototype.prevIndex = $util.Long ? $util.Long.fromBits(0, 0, true) : 0;
    AppendEntries.prototype.prevTerm = $util.Long ? $util.Long.fromBits(0, 0, true) : 0;
    AppendEntries.prototype.commitIndex = $util.Long ? $util.Long.fromBits(0, 0, true) : 0;
    AppendEntries.prototype.entries = $util.emptyArray;

    AppendEntries.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create();
      if (_depth === $undefined) _depth = 0;
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded');
      if (
        message.term != null &&
        $Object.hasOwnProperty.call(message, 'term') &&
        (typeof message.term === 'object'
          ? message.term.low || message.term.high
          : message.term !== 0)
      )
        writer.uint32(8).uint64(message.term);
      if (
        message.leader != null &&
        $Object.hasOwnProperty.call(message, 'leader') &&
        message.leader !== ''
      )
        writer.uint32(18).string(message.leader);
      if (
        message.prevIndex != null &&
        $Object.hasOwnProperty.call(message, 'prevIndex') &&
        (typeof message.prevIndex === 'object'
          ? message.prevIndex.low || message.prevIndex.high
          : message.prevIndex !== 0)
      )
        writer.uint32(24).uint64(message.prevIndex);
      if (
        message.prevTerm != null &&
        $Object.hasOwnProperty.call(message, 'prevTerm') &&
        (typeof message.prevTerm === 'object'
          ? message.prevTerm.low || message.prevTerm.high
          : message.prevTerm !== 0)
      )
        writer.uint32(32).uint64(message.prevTerm);
      if (
        message.commitIndex != null &&
        $Object.hasOwnProperty.call(message, 'commitIndex') &&
        (typeof message.commitIndex === 'object'
          ? message.commitIndex.low || message.commitIndex.high
          : message.commitIndex !== 0)
      )
        writer.uint32(40).uint64(message.commitIndex);
      if (message.entries != null && message.entries.length)
        for (let i = 0; i < message.entries.length; ++i)
          $root.bench.Entry.encode(
            message.entries[i],
            writer.uint32(50).fork(),
            _depth + 1,
          ).ldelim();
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i]);
      return writer;
    };

    AppendEntries.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader);
      if (_depth === $undefined) _depth = 0;
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded');
      let end, message, value;
      if (length === $undefined) end = reader.len;
      else {
        end = reader.pos + length;
        if (end > reader.len) throw $RangeError('index out of range');
        length = reader.len;
        reader.len = end;
      }
      message = _target || new $root.bench.AppendEntries();
      while (reader.pos < end) {
        let start = reader.pos;
        let tag = reader.tag();
        if (tag === _end) {
          _end = $undefined;
          break;
        }
        let wireType = tag & 7;
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType !== 0) break;
            if (
              typeof (value = reader.uint64()) === 'object' ? value.low || value.high : value !== 0
            )
              message.term = value;
            else delete message.term;
            continue;
          }
          case 2: {
            if (wireType !== 2) break;
            if ((value = reader.stringVerify()).length) message.leader = value;
            else delete message.leader;
            continue;
          }
          case 3: {
            if (wireType !== 0) break;
            if (
              typeof (value = reader.uint64()) === 'object' ? value.low || value.high : value !== 0
            )
              message.prevIndex = value;
            else delete message.prevIndex;
            continue;
          }
          case 4: {
            if (wireType !== 0) break;
            if (
              typeof (value = reader.uint64()) === 'object' ? value.low || value.high : value !== 0
            )
              message.prevTerm = value;
            else delete message.prevTerm;
            continue;
          }
          case 5: {
            if (wireType !== 0) break;
            if (
              typeof (value = reader.uint64()) === 'object' ? value.low || value.high : value !== 0
            )
              message.commitIndex = value;
            else delete message.commitIndex;
            continue;
          }
          case 6: {
            if (wireType !== 2) break;
            if (!(message.entries && message.entries.length)) message.entries = [];
            message.entries.push(
              $root.bench.Entry.decode(reader, reader.size(), $undefined, _depth + 1),
            );
            continue;
          }
        }
        reader.skipType(wireType, _depth, tag);
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false);
          (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range');
        reader.len = length;
      }
      if (_end !== $undefined) throw $Error('missing end group');
      return message;
    };

    return AppendEntries;
  })();

  return bench;
})());

export { $root as default };
