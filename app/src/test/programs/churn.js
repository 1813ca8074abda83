// Takes native memory from compiled JavaScript, without end.
const zlib = require('zlib');

function work(depth) {
  if (depth > 0) return work(depth - 1) + 1;
  return zlib.deflateSync(Buffer.alloc(9000, 3)).length + Buffer.allocUnsafeSlow(70000).length;
}

setInterval(() => {
  for (let i = 0; i < 200; i++) work(i % 7);
}, 1);
