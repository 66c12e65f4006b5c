@echo off
rem Starts Postern with the Node beside it.
"%~dp0runtime\node.exe" "%~dp0bin\postern.js" %*
