const minimum = [20, 19];

/** Ends the process with one readable line when this Node is too old to run the project. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [minMajor = 0, minMinor = 0] = minimum;
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return;
  process.stderr.write(
    `Mainstay needs Node ${minimum.join('.')} or newer, but this is Node ${process.versions.node}.\n` +
      'Install a newer one (for example: nvm install 20) and run the command again.\n',
  );
  process.exit(1);
}
